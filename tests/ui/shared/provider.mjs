// A certified OpenID Connect provider for tests, with its own pages to sign in, agree and sign out.
// A name gives the account name@example.org; "unverified" and "nameless" are what they say.
import { Provider } from "oidc-provider";

const DAY = 24 * 3600; // s
const [port, ...redirects] = process.argv.slice(2);
let behind = 0; // seconds that the provider's clock is late
const groups = {}; // by account
const now = Date.now;
Date.now = () => now() - behind * 1000;

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "shamsul",
      client_secret: "a secret of this test",
      redirect_uris: redirects,
      post_logout_redirect_uris: redirects,
    },
  ],
  claims: { openid: ["sub", "role", "groups"], email: ["email", "email_verified"], profile: [] },
  conformIdTokenClaims: false, // as most providers: the ID token says all, and it alone is read
  // Longer than the clock is ever set back.
  ttl: { IdToken: DAY, Interaction: DAY, Session: DAY, Grant: DAY },
  cookies: { keys: ["of this test"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      role: "coordinator",
      groups: groups[id],
      ...(id !== "nameless" && { email: `${id}@example.org`, email_verified: id !== "unverified" }),
    }),
  }),
});
provider.use((context, next) => {
  const { seconds, account, stated } = context.query;
  if (context.path === "/behind") behind = Number(seconds);
  else if (context.path === "/groups") groups[account] = JSON.parse(stated);
  else return next();
  context.body = "";
});
provider.listen(Number(port), "127.0.0.1");
