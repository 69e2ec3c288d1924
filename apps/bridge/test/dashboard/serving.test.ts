import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rawStatus } from "../_rest.ts";
import { logIn, openBrowser, openStage, type Stage, visit } from "./_browser.ts";
import { openProxy } from "./_proxy.ts";

let stage: Stage;
let page: string;
let script: string;

beforeAll(async () => {
  stage = await openStage();
  page = await (await fetch(`${stage.site}/`)).text();
  script = /\.\/(assets\/[^"]+\.js)/.exec(page)?.[1] ?? "";
}, 180_000);

afterAll(async () => {
  await stage?.stop();
});

test("a page lets nothing in but what is its own, by a nonce that is new each time", async () => {
  const policies = await Promise.all(
    [1, 2].map(async () => {
      const response = await fetch(`${stage.site}/`);
      const policy = response.headers.get("content-security-policy") ?? "";
      const [nonce = ""] = /(?<='nonce-)[\w-]+/.exec(policy) ?? [];
      expect(policy).not.toContain("unsafe");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(await response.text()).toContain(`nonce="${nonce}"`);
      return nonce;
    }),
  );
  expect(policies[0]).not.toBe(policies[1]);
  expect(page).not.toMatch(/<script(?![^>]*nonce=)/);
});

test("every address is the one page, which finds its files from there", async () => {
  for (const [path, base] of [
    ["/", "./"],
    ["/tools", "./"],
    ["/tools/a.b", "../"],
    ["/a/b/c", "../../"],
  ] as const) {
    const response = await fetch(stage.site + path);
    expect(response.status, path).toBe(200);
    expect(await response.text(), path).toContain(`<base href="${base}"`);
  }
});

test("files are compressed beforehand, kept for ever, and not sent twice", async () => {
  const url = `${stage.site}/${script}`;
  for (const encoding of ["br", "gzip"]) {
    const response = await fetch(url, { headers: { "accept-encoding": encoding } });
    expect(response.headers.get("content-encoding")).toBe(encoding);
    expect(response.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(response.headers.get("cache-control")).toContain("immutable");
    expect((await response.text()).length).toBeGreaterThan(1_000);
    const etag = response.headers.get("etag") ?? "";
    const headers = { "accept-encoding": encoding, "if-none-match": etag };
    expect((await fetch(url, { headers })).status).toBe(304);
  }
  const plain = await fetch(url, { headers: { "accept-encoding": "identity" } });
  expect(plain.headers.get("content-encoding")).toBeNull();
});

test("nothing outside of the build is a file, and what is not there is no page", async () => {
  for (const path of [
    "/assets/../../package.json",
    "/assets/%2e%2e/%2e%2e/package.json",
    "/assets/..%2f..%2fpackage.json",
    "/assets/%00.js",
    "/assets/%zz.js",
    "/assets/gone-12345678.js",
  ]) {
    const answer = await rawAnswer(path);
    expect(answer, path).toMatch(/^HTTP\/1\.1 404/);
    expect(answer, path).not.toContain("devDependencies");
  }
});

test("what is not the dashboard's is answered by whose it is", async () => {
  expect((await fetch(`${stage.site}/healthz`)).headers.get("content-type")).toContain("json");
  expect((await fetch(`${stage.site}/api/nothing`)).status).toBe(404);
  expect((await fetch(`${stage.site}/api/mcp/nothing`)).status).toBe(404);
  expect((await fetch(`${stage.site}/tools`, { method: "POST" })).status).toBe(404);
  const headers = { host: "evil.example" };
  expect(await rawStatus(`${stage.site}/`, { method: "GET", headers })).toBe(403);
});

test("all of it works behind a prefix that only the proxy knows", async () => {
  const proxy = await openProxy("/some/prefix", () => Number(new URL(stage.site).port));
  const browser = await openBrowser();
  const { page: shown, complaints, close } = await visit(browser);
  try {
    await logIn(shown, proxy.site, stage.admin);
    await shown.goto(`${proxy.site}/tools/database__run_sql?tab=policies`);
    await shown.getByRole("heading", { name: "Policies in force" }).waitFor();
    await shown.getByRole("link", { name: "Servers", exact: true }).click();
    await shown.getByRole("link", { name: "database", exact: true }).waitFor();
    expect(new URL(shown.url()).pathname).toBe("/some/prefix/servers");
    await expect.poll(() => shown.getByText("Live", { exact: true }).count()).toBe(1);
    expect(complaints).toEqual([]);
  } finally {
    await close();
    await browser.close();
    proxy.close();
  }
});

/** The path as it is written: clients of HTTP tidy it. */
function rawAnswer(path: string): Promise<string> {
  const { port, host } = new URL(stage.site);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), "127.0.0.1", () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });
    socket.on("data", (bytes) => {
      text += bytes.toString();
    });
    socket.on("end", () => resolve(text)).on("error", reject);
  });
}
