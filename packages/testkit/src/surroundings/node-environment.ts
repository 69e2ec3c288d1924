/**
 * What a process of Node needs of our environment where it is to have nothing else of it: where programs
 * are, and where the tests' processes share what they have compiled and stripped of its types.
 */
export function nodeEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? "", ...compileCache() };
}

/**
 * For processes that open a Postgres in WebAssembly: optimising its code costs more than all that a test
 * asks of it.
 */
export const wasmFlags: readonly string[] = ["--liftoff-only"];

/** The shared cache alone, for processes that get the rest from elsewhere. */
export function compileCache(): Record<string, string> {
  const { NODE_COMPILE_CACHE } = process.env;
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
}
