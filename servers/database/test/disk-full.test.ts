import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { silentLogger, systemClock } from "@trestle/protocol";
import { findPrograms, startPostgres } from "@trestle/testkit/local-postgres";
import { afterAll, describe, expect, test } from "vitest";
import { config } from "../src/config.ts";
import { createGuard } from "../src/guard/guard.ts";
import type { Database } from "../src/postgres/database.ts";
import { openDatabase } from "../src/postgres/open-database.ts";

/** Only root may mount, and only Linux has a file system of so many bytes of memory. */
const MOUNT = "mount";
const UNMOUNT = "umount";
/** As whom a server runs where root starts it. */
const NOBODY = 65_534;
const small: string[] = [];

afterAll(() => {
  for (const path of small) {
    execFileSync(UNMOUNT, ["-l", path], { timeout: 30_000 });
    rmSync(path, { recursive: true });
  }
});

/** A disk of a few megabytes; undefined where none can be made. */
function mountDisk(megabytes: number): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "trestle-small-disk-"));
  try {
    const options = ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path];
    execFileSync(MOUNT, options, { stdio: "ignore", timeout: 30_000 });
    chmodSync(path, 0o777);
    small.push(path);
    return path;
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
}

const canMount = mountDisk(1) !== undefined;
if (!canMount)
  process.stderr.write(
    "No disk can be mounted here, which takes root on Linux: full disks are not tested.\n",
  );

const open = (place: { url?: string; dataDir?: string }): Database =>
  openDatabase(config.parse({ ...place, mode: "admin" }), {
    guard: createGuard({ mode: "admin" }),
    dataDir: "",
    clock: systemClock,
    log: silentLogger,
  });

const FILL =
  "INSERT INTO heap SELECT n, repeat(md5(n::text), 30) FROM generate_series(1, $1::int) n";

/** Fills the disk; everything that was acknowledged is counted. */
async function fill(database: Database): Promise<{ rows: number; failure: Error }> {
  let rows = 0;
  for (;;) {
    try {
      rows += (await database.execute(FILL, [2_000])).affectedRows ?? 0;
    } catch (error) {
      return { rows, failure: error as Error };
    }
  }
}

const count = async (database: Database) =>
  (await database.query("SELECT count(*) AS n FROM heap")).rows[0]?.n;

describe.skipIf(!canMount)("a disk that is full", { timeout: 180_000 }, () => {
  test.skipIf(!findPrograms())("of a server: said, and over once there is space", async () => {
    const disk = mountDisk(12) ?? "";
    const server = await startPostgres({ programs: findPrograms() ?? "" });
    const space = join(disk, "space");
    mkdirSync(space);
    chmodSync(space, 0o777);
    chownSync(space, NOBODY, NOBODY);
    const database = open({ url: `${server.url}/postgres` });
    await database.execute(`CREATE TABLESPACE tight LOCATION '${space}'`);
    const create = "CREATE TABLE heap (id int, text text) TABLESPACE tight";
    await database.execute(create);
    const { rows, failure } = await fill(database);
    expect(failure).toMatchObject({
      code: "unavailable",
      retryable: false,
      details: { sqlState: "53100" },
      message: expect.stringMatching(/No space left on device\..*disk is full: free space there/),
    });
    expect(rows).toBeGreaterThan(0);
    expect(await count(database)).toBe(rows);
    await database.execute("DROP TABLE heap");
    await database.execute(create);
    await database.execute(FILL, [100]);
    expect(await count(database)).toBe(100);
    await database.close();
    server.stop();
  });

  test("of the embedded Postgres: said, and over once there is space", async () => {
    const disk = mountDisk(110) ?? "";
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, Buffer.alloc(20_000_000, 1));
    const database = open({ dataDir: join(disk, "database") });
    await database.execute("CREATE TABLE heap (id int, text text)");
    const { rows, failure } = await fill(database);
    expect(failure).toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/disk.* is full.*free space/i),
    });
    expect(rows).toBeGreaterThan(0);
    rmSync(ballast);
    expect(await count(database)).toBe(rows);
    await database.execute(FILL, [100]);
    expect(await count(database)).toBe(rows + 100);
    await database.close();
  });
});
