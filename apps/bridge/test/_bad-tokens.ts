import { createHmac, createPublicKey } from "node:crypto";
import type { JsonObject } from "@trestle/protocol";
import type { AuthorizationServer } from "@trestle/testkit/authorization-server";

/** Whose tokens are let in, somebody else who gives out tokens, and whom they have to be for. */
export interface TokenPlace {
  readonly issuer: AuthorizationServer;
  readonly stranger: AuthorizationServer;
  readonly resource: string;
}

type Make = (place: TokenPlace) => string | Promise<string>;

const good = ({ issuer, resource }: TokenPlace, claims: JsonObject = {}, header: JsonObject = {}) =>
  issuer.issue({ sub: "ann", aud: resource, scope: "one:echo", ...claims }, header);
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const seconds = (): number => Math.floor(Date.now() / 1_000);
const claimsOf = ({ issuer, resource }: TokenPlace) => ({
  ...{ iss: issuer.issuer, sub: "root", aud: resource, exp: seconds() + 600, scope: "*:*" },
});
const unsigned = (place: TokenPlace): string =>
  `${encode({ alg: "none" })}.${good(place).split(".")[1]}.`;

/** What everybody knows, used as a secret that both sides share. */
async function confused(place: TokenPlace): Promise<string> {
  const { keys } = (await (await fetch(`${place.issuer.issuer}/jwks`)).json()) as {
    keys: JsonObject[];
  };
  const [key = {}] = keys;
  const pem = createPublicKey({ key, format: "jwk" } as never).export({
    type: "spki",
    format: "pem",
  });
  const signed = `${encode({ alg: "HS256", kid: key.kid })}.${encode(claimsOf(place))}`;
  return `${signed}.${createHmac("sha256", pem).update(signed).digest("base64url")}`;
}

/** Tokens that no bridge may take, each wrong in one way. */
export const badTokens: readonly (readonly [what: string, make: Make])[] = [
  [
    "of another issuer",
    ({ stranger, resource }) => stranger.issue({ sub: "ann", aud: resource, scope: "*:*" }),
  ],
  [
    "that another issuer made in its name",
    ({ issuer, stranger, resource }) =>
      stranger.issue({ iss: issuer.issuer, sub: "ann", aud: resource, scope: "*:*" }),
  ],
  ["for another audience", (place) => good(place, { aud: "https://other.example/mcp" })],
  ["for a place below ours", (place) => good(place, { aud: `${place.resource}/deeper` })],
  ["for nobody in particular", (place) => good(place, { aud: "" })],
  ["that has expired", (place) => good(place, { exp: seconds() - 60 })],
  ["that holds for ever", (place) => good(place, { exp: "never" })],
  ["that is not good yet", (place) => good(place, { nbf: seconds() + 600 })],
  ["without a subject", ({ issuer, resource }) => issuer.issue({ aud: resource })],
  [
    "whose claims were changed",
    (place) => {
      const [head, , signature] = good(place).split(".");
      return `${head}.${encode(claimsOf(place))}.${signature}`;
    },
  ],
  ["that nobody signed", unsigned],
  ["that nobody signed, with something in its place", (place) => `${unsigned(place)}AA`],
  ["that says it was signed by a key of ours alone", (place) => good(place, {}, { alg: "HS256" })],
  ["that was signed with what everybody knows", confused],
  ["with a key of an unknown name", (place) => good(place, {}, { kid: "../../etc/passwd" })],
  [
    "that brings its own key",
    (place) => good(place, {}, { kid: "mine", jku: `${place.stranger.issuer}/jwks` }),
  ],
];
