import { expect, test } from "vitest";
import { readPasted } from "./pasted.ts";

const entry = { command: "npx", args: ["-y", "some-server"] };
const named = { entries: [{ name: "some", entry }] };

test.each([
  ["the file of a host", JSON.stringify({ theme: "x", mcpServers: { some: entry } })],
  ["the settings of VS Code", JSON.stringify({ mcp: { servers: { some: entry } } })],
  ["the servers alone", JSON.stringify({ some: entry })],
  ["lines from the middle", `"some": ${JSON.stringify(entry)},`],
])("%s is read", (_what, text) => {
  expect(readPasted(text)).toEqual(named);
});

test("one entry without a name is asked for one", () => {
  expect(readPasted(JSON.stringify(entry))).toEqual({ entries: [{ name: "", entry }] });
});

test("what is no server is refused in words", () => {
  expect(readPasted("")).toMatchObject({ problem: expect.stringContaining("Paste") });
  expect(readPasted("npx -y thing")).toMatchObject({ problem: expect.stringContaining("no JSON") });
  expect(readPasted('{"mcpServers":{}}')).toMatchObject({
    problem: expect.stringContaining("No server"),
  });
});
