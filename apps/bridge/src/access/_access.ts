import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAdminCredential, readChain } from "@trestle/access";
import { type JsonObject, type Principal, silentLogger } from "@trestle/protocol";
import { type ManualClock, manualClock } from "@trestle/testkit/surroundings";
import type { Presented } from "@trestle-mcp/server-kit/serving";
import { onTestFinished } from "vitest";
import { type Access, openAccess } from "./access.ts";
import type { AccessConfig } from "./rules.ts";

export interface OpenedAccess {
  readonly access: Access;
  readonly home: string;
  readonly clock: ManualClock;
  configure(config: AccessConfig): void;
  /** Presents a credential, by default from this machine. */
  present(bearer?: string, from?: Partial<Presented>): ReturnType<Access["authenticate"]>;
  adminCredential(): string;
  /** Makes a key and its principal. */
  createKey(scopes?: readonly string[], expiresAt?: number): Promise<MadeKey>;
  /** Closes it, and reads what the audit log holds. */
  audited(): Promise<JsonObject[]>;
  close(): Promise<void>;
}

export interface MadeKey {
  readonly text: string;
  readonly id: string;
  readonly principal: Principal;
}

export async function open(
  first: AccessConfig = { http: {} },
  options: { readonly home?: string; readonly encryptionKey?: string } = {},
): Promise<OpenedAccess> {
  const { home = temporaryFolder(), encryptionKey } = options;
  const clock = manualClock();
  let config = first;
  const parts = { home, config: () => config, encryptionKey, clock, log: silentLogger };
  const access = await openAccess(parts);
  let closed = false;
  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await access.close();
  }
  onTestFinished(close);
  return {
    access,
    home,
    clock,
    configure: (next) => {
      config = next;
    },
    present: (bearer, from) =>
      access.authenticate({
        ...(bearer === undefined ? {} : { bearer }),
        remoteAddress: "127.0.0.1",
        isLoopback: true,
        ...from,
      }),
    adminCredential: () => readAdminCredential(home)?.text ?? "",
    async createKey(scopes, expiresAt) {
      const { text, record } = await access.keys.create({
        name: "test",
        ...(scopes === undefined ? {} : { scopes }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      });
      const verdict = access.keys.verify(text);
      if (verdict.kind !== "valid") throw new Error(verdict.kind);
      return { text, id: record.id, principal: verdict.principal };
    },
    async audited() {
      await close();
      const entries: JsonObject[] = [];
      for await (const { entry } of readChain({ folder: join(home, "bridge", "audit") })) {
        entries.push(entry);
      }
      return entries;
    },
    close,
  };
}

export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "trestle-access-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
