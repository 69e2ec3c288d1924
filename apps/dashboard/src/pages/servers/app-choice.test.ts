import { expect, test } from "vitest";
import type { HostServer } from "../../api/generated.ts";
import { outcomeOf, refusalOf, remarksOf, startOf } from "./app-choice.ts";

const server = (more: Partial<HostServer>): HostServer => ({
  ...{ name: "Weather", file: "/a", scope: "user", state: "new", id: "weather", notes: [] },
  ...{ given: [], command: "npx", args: ["-y", "weather"] },
  ...more,
});

test("a program can be chosen only where the bridge takes programs, and an address everywhere", () => {
  expect(refusalOf(server({}), true)).toBeUndefined();
  expect(refusalOf(server({}), false)).toContain("runs a program");
  const { command: _none, ...address } = server({ url: "https://example.com/mcp" });
  expect(refusalOf(address, false)).toBeUndefined();
  expect(startOf(address)).toBe("https://example.com/mcp");
});

test("what cannot be chosen says why", () => {
  expect(refusalOf(server({ state: "known" }), true)).toBe(
    "The bridge has it already, as weather.",
  );
  const left = server({ state: "left", notes: ["needs TOKEN, not set here"] });
  expect(refusalOf(left, true)).toContain("needs TOKEN");
  expect(refusalOf(server({ state: "own" }), true)).toContain("itself");
});

test("another name is told once", () => {
  expect(remarksOf(server({}))).toEqual(['it is called "weather" then']);
  const clash = 'another server is called "weather": it becomes "weather-2"';
  const clashing = server({ id: "weather-2", notes: [clash], given: ["API_KEY"] });
  expect(remarksOf(clashing)).toEqual([clash, "it is given API_KEY"]);
});

test("what became of each is a sentence", () => {
  const one = { host: "cursor" as const, file: "/a", name: "Weather", notes: [] };
  expect(outcomeOf({ ...one, outcome: "added", id: "weather" })).toBe(
    "Weather (as weather) is added.",
  );
  expect(outcomeOf({ ...one, outcome: "left", notes: ["asks people to sign in"] })).toBe(
    "Weather stays where it is: asks people to sign in.",
  );
});
