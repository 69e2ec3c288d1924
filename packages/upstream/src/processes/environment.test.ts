import { expect, test } from "vitest";
import { childEnvironment } from "./environment.ts";

test("a child gets the few variables that it needs, and what was configured for it", () => {
  const ours = { PATH: "/bin", HOME: "/me", SECRET: "s", TERM: "() { :; }", LANG: undefined };
  expect(childEnvironment(ours, { A: "1", HOME: "/x" }, "linux")).toEqual({
    PATH: "/bin",
    A: "1",
    HOME: "/x",
  });
  expect(childEnvironment({ ...ours, path: "/no" }, {}, "linux")).not.toHaveProperty("path");
});

test("on Windows a name is the same however it is written", () => {
  const ours = { Path: "C:\\bin", SystemRoot: "C:\\Windows", SECRET: "s", HOME: "/me" };
  expect(childEnvironment(ours, {}, "win32")).toEqual({
    Path: "C:\\bin",
    SystemRoot: "C:\\Windows",
  });
  expect(childEnvironment(ours, { PATH: "D:\\bin" }, "win32")).toEqual({
    SystemRoot: "C:\\Windows",
    PATH: "D:\\bin",
  });
});
