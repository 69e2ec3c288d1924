import { hasLocalPostgres, LOCAL_POSTGRES } from "@trestle/testkit/local-postgres";
import type { Guard } from "../guard/guard.ts";
import { openOwnEmbedded, openOwnLocal } from "../postgres/_databases.ts";
import type { Database } from "../postgres/database.ts";

/** A database of a test's own: what is asked of it, and scripts that fill it. */
export interface TestCatalog extends Pick<Database, "kind" | "mode" | "read" | "write"> {
  script(text: string): Promise<void>;
  close(): Promise<void>;
}

const openGuard: Guard = {
  rules: { mode: "admin" },
  checkRead: async () => ({ kind: "rows", destructive: false }),
  check: async () => ({ kind: "change", destructive: false }),
  checkTable() {},
};

/** Each kind of Postgres that there is here to test with. */
export async function postgresKinds(): Promise<[name: string, open: typeof openEmbedded][]> {
  return [
    ["the embedded Postgres", openEmbedded],
    ...((await hasLocalPostgres()) ? ([["a Postgres server", openLocal]] as const) : []),
  ] as [string, typeof openEmbedded][];
}

/** A new database of the local Postgres, dropped when it is closed. */
export function openLocal(
  server = LOCAL_POSTGRES,
): Promise<TestCatalog & Database & { readonly url: string }> {
  return openOwnLocal(openGuard, server);
}

/** The embedded Postgres, in a folder that is removed when it is closed. */
export function openEmbedded(): Promise<TestCatalog & Database> {
  return openOwnEmbedded(openGuard);
}
