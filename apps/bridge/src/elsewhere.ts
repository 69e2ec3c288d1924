import type { Elsewhere, ElsewhereParts } from "./shared/elsewhere/open-elsewhere.ts";
import type { Shared } from "./shared/shared.ts";

export type { Elsewhere } from "./shared/elsewhere/open-elsewhere.ts";

/** Nothing where the bridge is alone; then nothing of it is loaded either. */
export async function findElsewhere(
  shared: Shared | undefined,
  parts: Omit<ElsewhereParts, "shared">,
): Promise<Elsewhere | undefined> {
  if (shared === undefined) return undefined;
  const { openElsewhere } = await import("./shared/elsewhere/open-elsewhere.ts");
  return openElsewhere({ ...parts, shared });
}
