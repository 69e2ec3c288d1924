import { type Host, LOCAL_PRINCIPAL, type Principal, TrestleError } from "@trestle/protocol";
import { expect, test } from "vitest";
import { toOwnGrant } from "./own-grants.ts";

const alone = (principal: Principal) => ({
  principal,
  grant: JSON.stringify({ principal, scopes: ["*:*"], token: "standalone" }),
});
const key: Principal = { id: "ann", kind: "key", scopes: ["s:*"] };

/** As a bridge does: what it grants only it can read, and only to those it knows. */
const bridge: Pick<Host, "delegate"> = {
  async delegate({ principal }, scopes) {
    if (principal.kind !== "local") throw new TrestleError("denied", "unknown");
    return { principal, scopes, token: `sealed for ${principal.id}` };
  },
};
const standalone: Pick<Host, "delegate"> = {
  delegate: async ({ principal }, scopes) => ({ principal, scopes, token: "standalone" }),
};

test("the user of this machine gets the grant of whoever owns the home", async () => {
  const { grant } = await toOwnGrant(bridge, alone(LOCAL_PRINCIPAL));
  expect(JSON.parse(grant)).toMatchObject({
    scopes: ["*:*"],
    token: `sealed for ${LOCAL_PRINCIPAL.id}`,
  });
  expect(await toOwnGrant(standalone, alone(key))).toEqual(alone(key));
});

test("a grant of the owner itself is left as it is", async () => {
  const own = { principal: key, grant: JSON.stringify({ principal: key, scopes: [], token: "x" }) };
  expect(await toOwnGrant(bridge, own)).toBe(own);
});

test("somebody whom the bridge does not know is refused at once, and told whom to ask", async () => {
  await expect(toOwnGrant(bridge, alone(key))).rejects.toMatchObject({
    code: "denied",
    message: expect.stringContaining("ask the bridge"),
  });
});
