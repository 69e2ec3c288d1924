import { matchesGlob } from "@trestle/protocol";
import { parseScope, type Scope } from "./scope.ts";

/**
 * The scopes that both lists cover, so that a grant never reaches further than its giver does. Of two
 * scopes the narrower one is kept. Where neither pattern contains the other (`a*` and `*b`), nothing of
 * that pair is: such a result may be narrower than what both cover, and is never wider. Absent `own`
 * scopes are everything. Throws `invalid_input` for a scope without the form.
 */
export function narrowScopes(
  own: readonly string[] | undefined,
  asked: readonly string[],
): readonly string[] {
  const wanted = asked.map(parseScope);
  const held = own?.map(parseScope);
  const kept = wanted.flatMap((scope) =>
    held === undefined ? [scope] : held.flatMap((other) => common(scope, other) ?? []),
  );
  return [...new Set(kept.map(toText))];
}

function common(a: Scope, b: Scope): Scope | undefined {
  const server = narrower(a.server, b.server);
  const tool = narrower(a.tool, b.tool);
  if (server === undefined || tool === undefined) return undefined;
  if (a.access !== undefined && b.access !== undefined && a.access !== b.access) return undefined;
  const access = a.access ?? b.access;
  return access === undefined ? { server, tool } : { server, tool, access };
}

/** A pattern that fits another, star by star, fits everything that the other fits. */
function narrower(a: string, b: string): string | undefined {
  if (matchesGlob(b, a)) return a;
  return matchesGlob(a, b) ? b : undefined;
}

function toText({ server, tool, access }: Scope): string {
  return access === undefined ? `${server}:${tool}` : `${server}:${tool}:${access}`;
}
