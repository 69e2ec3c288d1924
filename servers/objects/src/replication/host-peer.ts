import type { ClientClock } from "../client/clock.ts";
import { askHost, type HostAddress, objectPath, UnreachableError } from "../client/request.ts";
import { ObjectError } from "../object-error.ts";
import type { ObjectRef } from "../protocol.ts";
import type { CopyAnswer, ObjectCopy } from "../wire/copy.ts";

/** A host that objects are handed to and taken from, by its name. */
export interface HostPeer {
  readonly name: string;
  copy(ref: ObjectRef): Promise<ObjectCopy | null>;
  /** @throws ObjectError `conflict` where the host has another number than `replaces`. */
  accept(copy: ObjectCopy, replaces: number): Promise<void>;
  release(ref: ObjectRef, owner: string): Promise<ObjectCopy | null>;
}

const REQUEST_MS = 30_000;

/** A host over HTTP; its token needs the scope `@replicate`. */
export function createHostPeer(parts: {
  readonly name: string;
  readonly host: HostAddress;
  readonly clock: ClientClock;
}): HostPeer {
  const { name, host, clock } = parts;

  async function ask(method: "GET" | "PUT" | "POST", path: string, body?: object) {
    const bound = new AbortController();
    const cancel = clock.after(REQUEST_MS, () => bound.abort());
    try {
      const request = { method, path, signal: bound.signal };
      return await askHost(host, body === undefined ? request : { ...request, body });
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      throw new ObjectError("unavailable", `The host ${name} does not answer: ${error.message}`);
    } finally {
      cancel();
    }
  }

  const copyIn = (answer: unknown) => (answer as CopyAnswer).copy;
  return {
    name,
    copy: async (ref) => copyIn(await ask("GET", objectPath(ref, "copy"))),
    async accept(copy, replaces) {
      await ask("PUT", objectPath(copy, "copy"), { copy, replaces });
    },
    release: async (ref, owner) => copyIn(await ask("POST", objectPath(ref, "release"), { owner })),
  };
}
