"""What pages share: the viewer, the questionnaire, sign-in, the frame around them."""
