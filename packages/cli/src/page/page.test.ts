import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { columns, html, toDocument } from "./index.ts";

test("what is put into a page is text, and hides nothing", () => {
  const evil = `<b a='1' c="\`2\`">&\u0000\u202Egnp\uD800`;
  expect(html`<i title="${evil}">${[evil.slice(0, 2), 7]}</i>${undefined}`.text).toBe(
    '<i title="&lt;b a=&#39;1&#39; c=&quot;&#96;2&#96;&quot;&gt;&amp;\uFFFD\uFFFDgnp\uFFFD">&lt;b7</i>',
  );
  expect(html`${html`<b>${"<"}</b>`}`.text).toBe("<b>&lt;</b>");
});

test("a page allows its own style and nothing else", () => {
  const page = toDocument({ title: "<Sales>", body: html`<h1>${"a & b"}</h1>` });
  const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
  const digest = createHash("sha256").update(style).digest("base64");
  expect(page).toContain(`content="default-src 'none'; style-src 'sha256-${digest}'; base-uri`);
  expect(page).toContain("<title>&lt;Sales&gt;</title>");
  expect(page).toContain("<h1>a &amp; b</h1>");
});

test("a chart says in words what it shows, and its scale fits small figures", () => {
  const series = [
    { name: "done", tone: "one", values: [0.01, 0.03] },
    { name: "open", tone: "two", values: [0, 0] },
  ] as const;
  const chart = columns({ title: "Costs", labels: ["11-21", "11-22"], series, size: "half" });
  expect(chart.text).toContain('aria-label="Costs. done: 0.04, most on 11-22 with 0.03. open: 0."');
  expect(chart.text).toContain('height="109.5"');
});
