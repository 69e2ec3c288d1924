import { withoutTierUp } from "./without-tier-up.ts";

type Parser = typeof import("libpg-query");

let loading: Promise<Parser> | undefined;

/** Postgres' own parser: the one way to it, since its first statement must be read in a certain manner. */
export function loadParser(): Promise<Parser> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Parser> {
  const parser = await import("libpg-query");
  await parser.loadModule();
  withoutTierUp(() => parser.parseSync("SELECT 1"));
  return parser;
}
