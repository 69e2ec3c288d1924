import type { Query } from "../runs/postgres/postgres.ts";
import type { BlobStore } from "./blob-store.ts";

/** In the database of the runs, which forgets them with their runs. */
export function createPostgresBlobs(query: Query): BlobStore {
  return {
    async put(run, digest, text) {
      await query("INSERT INTO trestle.blob VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [
        run,
        digest,
        text,
      ]);
    },
    async get(run, digest) {
      const [row] = await query<{ body: string }>(
        "SELECT body FROM trestle.blob WHERE run = $1 AND digest = $2",
        [run, digest],
      );
      return row?.body;
    },
    async drop(runs) {
      await query("DELETE FROM trestle.blob WHERE run = ANY ($1::text[])", [runs]);
    },
  };
}
