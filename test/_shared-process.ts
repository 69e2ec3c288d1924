import { afterAll, expect, vi } from "vitest";

/**
 * Files of tests that share a process with others leave it as they found it: one that does not fails here, and not
 * whichever comes after it.
 */
const before = stateOfProcess();

afterAll(() => {
  const after = stateOfProcess();
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const changed = names.filter((name) => before.get(name) !== after.get(name));
  expect(changed, "what this file left changed in its process").toEqual([]);
});

function stateOfProcess(): ReadonlyMap<string, unknown> {
  // Libraries keep what is one for a process under such names, from when they are first loaded; the second is the AWS SDK's.
  const isOfLibrary = (name: string): boolean => name.startsWith("__") || name === "awslambda";
  const globals = Object.getOwnPropertyNames(globalThis).filter((name) => !isOfLibrary(name));
  return new Map<string, unknown>([
    ...Object.entries(process.env).map(([name, value]) => [`process.env.${name}`, value] as const),
    ...globals.map((name) => [`globalThis.${name}`, true] as const),
    ["globalThis.fetch", globalThis.fetch],
    ["process.cwd()", process.cwd()],
    ["process.umask()", process.umask()],
    ["process.exitCode", process.exitCode],
    ["vi.isFakeTimers()", vi.isFakeTimers()],
  ]);
}
