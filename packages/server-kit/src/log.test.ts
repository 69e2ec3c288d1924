import { expect, test } from "vitest";
import { createLogger, logLevelOf } from "./log.ts";

const secret = 'postgres://app:p"w/1@db.example/app';

test("writes one JSON line per event, with the fields of its parents", () => {
  const { log, lines } = logTo();
  log.child({ upstream: "a" }).info("started", { pid: 7 });
  expect(lines()).toMatchObject([{ level: "info", msg: "started", upstream: "a", pid: 7 }]);
});

test("takes out registered secrets wherever they stand, and fields that are secret by name", () => {
  const { log, text } = logTo([secret, "tok-12345"]);
  const error = new Error(`cannot reach ${secret}`, { cause: new Error("key tok-12345") });
  log.child({ url: `${secret}?a=1` }).error(`failed ${secret}`, {
    error,
    headers: { Authorization: "Bearer abc.def", "x-api-key": "k-1" },
    nested: [{ connectionString: "host=a" }, encodeURIComponent(secret)],
    progressToken: 5,
  });
  for (const leak of ["app:p", "tok-12345", "abc.def", "k-1", "host=a", "db.example"]) {
    expect(text()).not.toContain(leak);
  }
  expect(text()).toContain('"progressToken":5');
  expect(text()).toContain("cannot reach [redacted]");
});

test("the password within a secret URL is a secret of its own", () => {
  const { log, text } = logTo(["redis://user:hunter%2042@cache:6379"]);
  log.warn("odd", { reply: "no such user hunter 42" });
  expect(text()).not.toContain("hunter");
});

test("survives circles and depth", () => {
  const { log, lines } = logTo();
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  log.info("round", { circle });
  expect(lines()[0]).toMatchObject({ circle: { self: "[circular]" } });
});

test("debug lines come only when asked for", () => {
  const { log, text } = logTo();
  log.debug("detail");
  expect(text()).toBe("");
  expect(logLevelOf({ debug: "express,trestle:*" })).toBe("debug");
  expect(logLevelOf({ verbose: true })).toBe("debug");
  expect(logLevelOf({ debug: "express" })).toBe("info");
});

function logTo(secrets: string[] = []) {
  let written = "";
  const stderr = { write: (text: string) => (written += text) };
  return {
    log: createLogger({ stderr, secrets }),
    text: () => written,
    lines: () =>
      written
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
  };
}
