"""Decode one JPEG or JPEG-LS frame with GDCM, as a program: frame on stdin, cells on stdout.

On some damaged frames GDCM does not raise but ends its process, which must not be the one that
serves readers. Run by :mod:`shamsul.radiographs.codec`; needs nothing but GDCM.
"""

import sys

import gdcm  # type: ignore[import-untyped]


def main() -> None:
    """Arguments: transfer syntax, rows, columns, samples, bits allocated and per sample, signed."""
    syntax = sys.argv[1]
    rows, columns, samples, allocated, precision, signed = map(int, sys.argv[2:])
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(sys.stdin.buffer.read())
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((columns, rows, 1))
    meaning = gdcm.PhotometricInterpretation
    image.SetPhotometricInterpretation(
        meaning(meaning.MONOCHROME2 if samples == 1 else meaning.RGB)
    )
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(syntax)))
    image.SetPixelFormat(gdcm.PixelFormat(samples, allocated, precision, precision - 1, signed))
    image.SetDataElement(element)
    # The binding hands out a char* as text with its bytes escaped.
    sys.stdout.buffer.write(image.GetBuffer().encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    main()
