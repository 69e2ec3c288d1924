import { expect, test } from "vitest";
import { parseLine } from "./parse-line.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const local = (...fields: [number, number, number, number, number, number, number?]) =>
  new Date(...(fields as [number, number, number, number, number, number, number])).getTime();

test.each([
  [
    "ISO",
    "2026-11-22T05:04:43.123Z ERROR shop.cart: no total",
    {
      level: "error",
      component: "shop.cart",
      message: "no total",
      at: Date.UTC(2026, 10, 22, 5, 4, 43, 123),
    },
  ],
  [
    "ISO with a zone",
    "2026-11-22T05:04:43+02:00 [warn] slow",
    { level: "warning", message: "slow", at: Date.UTC(2026, 10, 22, 3, 4, 43) },
  ],
  [
    "log4j",
    "2026-10-18 18:01:47,978 INFO [main] org.acme.App: Created X",
    {
      level: "info",
      component: "org.acme.App",
      message: "Created X",
      at: local(2026, 9, 18, 18, 1, 47, 978),
    },
  ],
  [
    "Spring",
    "2026-10-18 18:01:47.978 ERROR 4711 --- [nio-8080-exec-1] c.a.shop.Cart : closed",
    { level: "error", component: "c.a.shop.Cart", message: "closed" },
  ],
  [
    "Python",
    "2026-10-18 18:01:47,978 - cart - CRITICAL - gone",
    { level: "fatal", component: "cart", message: "gone" },
  ],
  [
    "Python's default",
    "ERROR:root:no such key",
    { level: "error", component: "root", message: "no such key" },
  ],
  [
    "nginx errors",
    '2026/11/22 05:04:43 [error] 12#12: *1 open() "/x" failed',
    { level: "error", message: '*1 open() "/x" failed' },
  ],
  [
    "an access log",
    '10.0.0.1 - ann [22/Nov/2026:05:04:43 +0000] "GET /a HTTP/1.1" 502 12 "-" "curl"',
    {
      level: "error",
      component: "http",
      message: "GET /a HTTP/1.1 502",
      at: Date.UTC(2026, 10, 22, 5, 4, 43),
    },
  ],
  [
    "Apache",
    "[Sun Dec 04 04:47:44 2005] [error] mod_jk child in state 6",
    { level: "error", message: "mod_jk child in state 6", at: local(2005, 11, 4, 4, 47, 44) },
  ],
  [
    "syslog",
    "Nov 22 05:04:43 web1 sshd[24200]: Invalid user ann",
    { component: "sshd", message: "Invalid user ann", at: local(2026, 10, 22, 5, 4, 43) },
  ],
  [
    "syslog of last year",
    "Dec 31 23:59:59 web1 cron[1]: ran",
    { component: "cron", at: local(2025, 11, 31, 23, 59, 59) },
  ],
  [
    "syslog on the wire",
    "<11>Nov 22 05:04:43 web1 app[7]: failed",
    { level: "error", component: "app", message: "failed" },
  ],
  [
    "RFC 5424",
    "<34>1 2026-11-22T05:04:43.003Z web1 su 12 ID47 - denied",
    { level: "fatal", component: "su", message: "denied" },
  ],
  [
    "the journal as text",
    "2026-11-22T05:04:43+0000 web1 app[1]: ERROR: no",
    { level: "error", component: "app", message: "no" },
  ],
  [
    "klog",
    "E1122 05:04:43.123456    1 server.go:42] cannot bind",
    {
      level: "error",
      component: "server.go",
      message: "cannot bind",
      at: local(2026, 10, 22, 5, 4, 43, 123),
    },
  ],
  ["Go", "2026/11/22 05:04:43 listen: address in use", { message: "listen: address in use" }],
  [
    "pino",
    '{"level":50,"time":1700000000000,"name":"api","msg":"boom","err":{"type":"TypeError","message":"x","stack":"TypeError: x\\n at a (b.js:1:1)"}}',
    {
      level: "error",
      component: "api",
      message: "boom",
      at: 1_700_000_000_000,
      error: { name: "TypeError", message: "x", stack: "TypeError: x\n at a (b.js:1:1)" },
    },
  ],
  [
    "the journal as JSON",
    '{"__REALTIME_TIMESTAMP":"1700000000123456","PRIORITY":"3","SYSLOG_IDENTIFIER":"sshd","MESSAGE":"no"}',
    { level: "error", component: "sshd", message: "no", at: 1_700_000_000_123 },
  ],
  [
    "zap",
    '{"level":"warn","ts":1700000000.5,"logger":"db","msg":"slow"}',
    { level: "warning", component: "db", message: "slow", at: 1_700_000_000_500 },
  ],
  [
    "logfmt",
    'time=2026-11-22T05:04:43Z level=error component=api msg="a \\"b\\" c" n=1',
    { level: "error", component: "api", message: 'a "b" c' },
  ],
  ["colours", "\u001b[31mERROR\u001b[0m no disk", { level: "error", message: "no disk" }],
  [
    "an error alone",
    "TypeError: x is not a function",
    { level: "error", message: "TypeError: x is not a function" },
  ],
  ["a panic", "panic: runtime error: index out of range", { level: "fatal" }],
  ["no format at all", "it works, mostly", { message: "it works, mostly" }],
  ["half a JSON", '{"level":50,', { message: '{"level":50,' }],
  ["JSON without a message", '{"a":1}', { message: '{"a":1}' }],
  ["a time that is none", "2026-99-99 99:99:99 x", {}],
])("reads a line of %s", (_, line, told) => {
  expect(parseLine(line, NOW)).toMatchObject(told);
});

test.each(["it works, mostly", "2026-11-22 05:04:43 error rate is low? no level here", "Info"])(
  "invents no component for %s",
  (line) => {
    expect(parseLine(line, NOW)).not.toHaveProperty("component");
  },
);

test("a line made to slow the reading down takes no longer than its length", () => {
  for (const piece of ["[a]", "a=", 'a="', "a.b ", "- ", "1", "::", "[", "ERROR ", "\u001b["]) {
    const started = performance.now();
    for (const begin of ["", "2026-11-22 05:04:43 ", "Nov 22 05:04:43 "])
      parseLine(begin + piece.repeat(50_000), NOW);
    expect(performance.now() - started).toBeLessThan(2_000);
  }
});
