import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { miniflareFolder } from "@trestle/testkit/miniflare-bucket";
import { bundleWorker, startWorkerd, type Workerd } from "@trestle/testkit/workerd";

const ENTRY = fileURLToPath(new URL("../worker/src/index.ts", import.meta.url));

/** A host that can be killed and started again, where it was and with what it had. */
export interface HostUnderTest {
  readonly url: string;
  /** For everything; left out where the host asks for none. */
  readonly token?: string;
  /** SIGKILL, to everything at once. */
  kill(): Promise<void>;
  startAgain(): Promise<void>;
  close(): Promise<void>;
}

/** What a client of it needs besides its address. */
export function tokenOf({ token }: HostUnderTest): { readonly token?: string } {
  return token === undefined ? {} : { token };
}

export type WorkerBindings = Readonly<Record<string, string>>;

export const ANONYMOUS: WorkerBindings = { OBJECTS_ACCESS: "anonymous" };

/** Undefined where a person's machine cannot install the runtime; under CI that throws. */
export const workerdFolder = await miniflareFolder();

export async function startWorkerHost(bindings = ANONYMOUS): Promise<HostUnderTest> {
  const data = await mkdtemp(join(await quickest(), "trestle-objects-"));
  const script = await bundleWorker(ENTRY);
  const objects = { OBJECTS: "ObjectHost", REGISTRY: "ObjectRegistry" };
  const start = (port: number): Promise<Workerd> =>
    startWorkerd({ folder: workerdFolder ?? "", script, objects, bindings, data, port });
  let running = await start(0);
  const { url } = running;
  return {
    url,
    kill: () => running.kill(),
    async startAgain() {
      running = await start(Number(new URL(url).port));
    },
    async close() {
      await running.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

const ROOM_BYTES = 1_073_741_824;

/** It waits for the disk with every write: on a disk in memory a suite takes a quarter of the time. */
async function quickest(): Promise<string> {
  const memory = "/dev/shm";
  const { bavail, bsize } = await statfs(memory).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize > ROOM_BYTES ? memory : tmpdir();
}
