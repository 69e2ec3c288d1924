import { PGlite } from "@electric-sql/pglite";

/**
 * Makes a cluster, which must not exist, and closes it. It has the one database that is ever connected to:
 * the templates of others are two thirds of all its files, and to make a file can take a millisecond.
 */
export async function makeCluster(folder: string): Promise<void> {
  const startParams = [...PGlite.defaultStartParams, "-c", "wal_recycle=off"];
  const database = await PGlite.create({ dataDir: folder, startParams });
  for (const template of ["template0", "template1"]) {
    await database.query(`ALTER DATABASE ${template} IS_TEMPLATE false`);
    await database.query(`DROP DATABASE ${template}`);
  }
  await database.query("CHECKPOINT");
  // The log is begun anew, without what made the cluster.
  await database.query("SELECT pg_switch_wal()");
  await database.query("CHECKPOINT");
  await database.close();
}
