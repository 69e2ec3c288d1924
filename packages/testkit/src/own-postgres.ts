import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface OwnPostgresOptions {
  /** The folder of `initdb`, `pg_ctl` and `postgres`. */
  readonly programs: string;
  /** Where its data goes; emptied when it stops. A temporary folder where left out. */
  readonly folder?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of `pg_hba.conf`; everybody of this machine is let in where left out. */
  readonly hba?: readonly string[];
  /** Files in the data folder, such as keys, that only the server may read. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A Postgres of a test's own, on this machine alone. */
export interface OwnPostgres {
  /** Its superuser, without a database: `postgres://postgres@127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** Ends it as a crash would. */
  kill(): void;
  /** Starts it again after that, with its data. */
  start(): void;
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
export async function startPostgres(options: OwnPostgresOptions): Promise<OwnPostgres> {
  const { programs, settings = {}, hba, files = {} } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "trestle-postgres-"));
  const data = join(folder, "data");
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const give = (path: string) => isRoot && chownSync(path, NOBODY, NOBODY);
  const run = (program: string, ...args: string[]) =>
    execFileSync(join(programs, program), args, {
      stdio: "ignore",
      timeout: 60_000,
      cwd: folder,
      ...as,
    });
  give(folder);
  run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8");
  const written = hba ? { ...files, "pg_hba.conf": `${hba.join("\n")}\n` } : files;
  for (const [name, content] of Object.entries(written)) {
    const path = join(data, name);
    writeFileSync(path, content);
    chmodSync(path, 0o600);
    give(path);
  }
  const all = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: "off",
    ...settings,
  };
  const words = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
  const start = () =>
    run("pg_ctl", "-D", data, "-w", "-o", words.join(" "), "-l", join(folder, "log"), "start");
  start();
  const kill = () => void run("pg_ctl", "-D", data, "-m", "immediate", "stop");
  return {
    url: `postgres://postgres@127.0.0.1:${port}`,
    port,
    kill,
    start,
    stop() {
      if (existsSync(join(data, "postmaster.pid"))) kill();
      rmSync(data, { recursive: true, force: true });
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
