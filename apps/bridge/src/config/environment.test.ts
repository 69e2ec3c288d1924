import { describe, expect, test } from "vitest";
import { withEnvironment } from "./environment.ts";
import { type BridgeSettings, bridgeSchema } from "./schema.ts";

const read = (env: Record<string, string>, file: object = {}): BridgeSettings =>
  withEnvironment(bridgeSchema.parse(file), env);

describe("names of the environment", () => {
  test("change nothing where they are not set, or empty", () => {
    expect(read({ MCP_MAX_RETRIES: "", ALLOWED_ORIGINS: " " })).toEqual(bridgeSchema.parse({}));
  });

  test("win over the file, which wins over the default", () => {
    const file = { policy: { retry: { retries: 7 }, cache: { enabled: false } } };
    expect(read({}, file).policy.retry.retries).toBe(7);
    const { policy } = read({ MCP_MAX_RETRIES: "0", MCP_CACHE_ENABLED: "all" }, file);
    expect(policy.retry.retries).toBe(0);
    expect(policy.cache.enabled).toBe("all");
  });

  test.each([
    ["true", true],
    ["FALSE", false],
    ["0", false],
    ["all", "all"],
  ])("MCP_CACHE_ENABLED=%s", (text, enabled) => {
    expect(read({ MCP_CACHE_ENABLED: text }).policy.cache.enabled).toBe(enabled);
  });

  test("MCP_CACHE_DEFAULT_TTL is in seconds", () => {
    expect(read({ MCP_CACHE_DEFAULT_TTL: "600" }).policy.cache.ttlMs).toBe(600_000);
  });

  test.each([
    ["1", 1_000],
    ["2.5", 2_500],
    ["1000", 1_000],
    ["250ms", 250],
    ["90 s", 90_000],
  ])("MCP_RETRY_DELAY_BASE=%s is %i ms", (text, baseMs) => {
    expect(read({ MCP_RETRY_DELAY_BASE: text }).policy.retry.baseMs).toBe(baseMs);
  });

  test("ALLOWED_ORIGINS holds origins with commas between them", () => {
    const { http } = read({ ALLOWED_ORIGINS: "https://a.example, http://localhost:3000" });
    expect(http.allowedOrigins).toEqual(["https://a.example", "http://localhost:3000"]);
  });

  test.each([
    ["MCP_CACHE_ENABLED", "maybe", "true, false or all"],
    ["MCP_CACHE_DEFAULT_TTL", "0", "a number of seconds above 0"],
    ["MCP_MAX_RETRIES", "-1", "a whole number from 0"],
    ["MCP_RETRY_DELAY_BASE", "soon", "a delay such as"],
    ["ALLOWED_ORIGINS", "a.example", "origins such as"],
  ])("%s=%s is refused by its name", (name, value, expected) => {
    expect(() => read({ [name]: value })).toThrow(
      expect.objectContaining({
        code: "invalid_config",
        message: expect.stringMatching(new RegExp(`^${name}: must be ${expected}.*"${value}"`)),
      }),
    );
  });
});
