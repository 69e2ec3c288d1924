import { expect, test } from "vitest";
import { createAdoption } from "./adopt.ts";

const server = (name: string, more = {}): { command: string } => ({ command: name, ...more });

test("names become ids that nobody else has, in their order", () => {
  const { adopt, added } = createAdoption({ files: server("files"), "My Server": server("mine") });
  const ids = [
    ...["Files", "my server", "bridge", "A Very Long Name Indeed", "a-very-long-name-too"],
    ...["Überraschung", "日本", "本日", "x".repeat(40), "x".repeat(41)],
  ].map((name) => adopt(name, server(`of ${name}`)).id);
  expect(ids).toEqual([
    ...["files-2", "my-server-2", "bridge-2", "a-very-long-name", "a-very-long-na-2"],
    ...["berraschung", "server", "server-2", "x".repeat(16), `${"x".repeat(14)}-2`],
  ]);
  expect(Object.keys(added)).toEqual(ids);
  for (const id of ids) expect(id).toMatch(/^[a-z0-9-]{1,16}$/);
});

test("the same server is added once, however often and however it is written", () => {
  const { adopt, added } = createAdoption({ old: { env: {}, args: ["a"], command: "x" } });
  expect(adopt("new", { command: "x", args: ["a"], type: "stdio" })).toEqual({
    id: "old",
    isKnown: true,
  });
  expect(adopt("first", server("y"))).toEqual({ id: "first", isKnown: false });
  expect(adopt("second", server("y"))).toEqual({ id: "first", isKnown: true });
  expect(Object.keys(added)).toEqual(["first"]);
});

test("another key, another folder, other tools: another server", () => {
  const { adopt } = createAdoption({ a: server("x", { env: { KEY: "1" } }) });
  expect(adopt("a", server("x", { env: { KEY: "2" } }))).toEqual({ id: "a-2", isKnown: false });
  expect(adopt("a", server("x", { cwd: "/x" }))).toEqual({ id: "a-3", isKnown: false });
  expect(adopt("a", server("x", { tools: { deny: ["*"] } }))).toEqual({
    id: "a-4",
    isKnown: false,
  });
});

test("a server that is switched off here does not stand for one that is on there, but the other way round", () => {
  const off = { disabled: true };
  const { adopt } = createAdoption({ a: server("x", off), b: server("y") });
  expect(adopt("a", server("x"))).toEqual({ id: "a-2", isKnown: false });
  expect(adopt("b", server("y", off))).toEqual({ id: "b", isKnown: true });
  expect(adopt("c", server("x", off))).toEqual({ id: "a", isKnown: true });
});
