import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * What is loaded from here on is kept as V8 compiled it, for the next start: below the home, where nobody
 * else can put code. Where there is no home yet nothing is kept, since starting makes none.
 * `NODE_COMPILE_CACHE` and `NODE_DISABLE_COMPILE_CACHE` of Node's own come first.
 */
export function keepCompiled(env: Readonly<Record<string, string | undefined>>): void {
  const home = env.TRESTLE_HOME || join(homedir(), ".trestle");
  if (existsSync(home)) enableCompileCache(join(home, "compiled"));
}
