import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "@trestle/testkit/authorization-server";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, openStage, type Stage, type Visitor, visit } from "./_browser.ts";
import { openProxy } from "./_proxy.ts";

const PREFIX = "/some/prefix";

let issuer: AuthorizationServer;
let proxy: Awaited<ReturnType<typeof openProxy>>;
let stage: Stage;
let browser: Browser;
let visitor: Visitor;
/** As a person knows it, who is a stranger to the issuer's site: a name of its own makes it another one. */
let site: string;

beforeAll(async () => {
  [issuer, proxy] = await Promise.all([
    startAuthorizationServer({ asks: true, clients: { dashboard: "a secret" } }),
    openProxy(PREFIX, () => Number(new URL(stage.site).port)),
  ]);
  site = proxy.site.replace("127.0.0.1", "localhost");
  [browser, stage] = await Promise.all([
    openBrowser(),
    openStage({
      http: { publicUrl: site },
      access: {
        oauth: {
          issuer: issuer.issuer,
          scopes: { reader: ["*:*:read"] },
          login: { clientId: "dashboard", clientSecret: "a secret" },
        },
      },
    }),
  ]);
  visitor = await visit(browser);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
  proxy?.close();
  await issuer?.close();
});

const signIn = (page: Page) =>
  page.getByRole("link", { name: `Sign in with ${new URL(issuer.issuer).host}` });

async function decide(page: Page, decision: "Allow" | "Deny"): Promise<void> {
  await signIn(page).click();
  await page.getByRole("heading", { name: "dashboard asks for: reader" }).waitFor();
  await page.getByLabel("Name").fill("ann");
  await page.getByRole("button", { name: decision }).click();
}

test("who does not allow it is told so, and led back", async () => {
  const { page } = visitor;
  await page.goto(`${site}/tools?q=echo`);
  await decide(page, "Deny");
  await page.getByText("this was not allowed").waitFor();
  await page.getByRole("link", { name: "To the dashboard" }).click();
  await signIn(page).waitFor();
  expect(new URL(page.url()).pathname).toBe(`${PREFIX}/`);
});

test("who signs in at the issuer sees the page they asked for, as themselves, until they log out", async () => {
  const { page, complaints } = visitor;
  await page.goto(`${site}/tools?q=echo`);
  await decide(page, "Allow");
  await page.getByRole("link", { name: "one.echo" }).first().waitFor();
  expect(page.url()).toBe(`${site}/tools?q=echo`);
  await page.getByRole("button", { name: /^You: subject:[0-9a-f]{8}:ann$/ }).waitFor();
  await expect.poll(() => page.getByText("Live", { exact: true }).count()).toBe(1);
  const cookies = await page.context().cookies();
  expect(cookies).toMatchObject([{ name: "trestle_session", httpOnly: true, sameSite: "Strict" }]);

  await page.getByRole("button", { name: /^You: subject/ }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await signIn(page).waitFor();
  const [{ value = "" } = {}] = cookies;
  const copied = await fetch(`${stage.rest}/history`, {
    headers: { cookie: `trestle_session=${value}` },
  });
  expect(copied.status).toBe(401);
  expect(complaints).toEqual([]);
});
