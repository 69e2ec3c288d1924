import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Postgres of a test's own, that counts statements; on this machine alone. */
export interface OwnPostgres {
  /** Without the database: `postgres://postgres@host:port`. */
  readonly url: string;
  stop(): void;
}

const NOBODY = 65_534;
const HOME = "/usr/lib/postgresql";

/** Where the programs of the newest Postgres are; undefined where there is none to start. */
export function findPrograms(): string | undefined {
  if (!existsSync(HOME)) return undefined;
  const [newest] = readdirSync(HOME).toSorted((a, b) => Number(b) - Number(a));
  return newest === undefined ? undefined : join(HOME, newest, "bin");
}

/** Postgres refuses to run as root: there it runs as nobody. */
export function startPostgres(programs: string, port: number): OwnPostgres {
  const folder = mkdtempSync(join(tmpdir(), "trestle-postgres-"));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  const as = {
    stdio: "ignore",
    timeout: 60_000,
    cwd: folder,
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  } as const;
  const data = join(folder, "data");
  const run = (program: string, ...args: string[]) =>
    execFileSync(join(programs, program), args, as);
  run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync");
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c shared_preload_libraries=pg_stat_statements`;
  run("pg_ctl", "-D", data, "-w", "-o", settings, "-l", join(folder, "log"), "start");
  return {
    url: `postgres://postgres@127.0.0.1:${port}`,
    stop() {
      run("pg_ctl", "-D", data, "-m", "immediate", "stop");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
