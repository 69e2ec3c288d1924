import { EXIT, TrestleError } from "@trestle/protocol";
import { createObjectsClient } from "../client/client.ts";
import { runtimeClock } from "../client/clock.ts";
import { isObjectError } from "../object-error.ts";
import type { ObjectRef } from "../protocol.ts";
import { fence, handBack, takeOver } from "../replication/handing-over.ts";
import { createHostPeer, type HostPeer } from "../replication/host-peer.ts";
import {
  openLocalReplicaStore,
  openPostgresReplicaStore,
} from "../replication/open-replica-store.ts";
import type { Conflict, ReplicaStore } from "../replication/replica-store.ts";
import { resolveConflict } from "../replication/resolve-conflict.ts";
import { followObject } from "../replication/write-behind.ts";
import { folderOf, tokenFor } from "../state.ts";
import { toTrestleError } from "../to-trestle-error.ts";
import { type JsonOption, type ObjectsCli, type Place, printJson, refOf } from "./place.ts";

const HOME = "http://127.0.0.1:4140";

interface CopiesFlags {
  readonly home: string;
}

/** The commands that keep copies of another host's objects, and let the host at home take over. */
export function addCopies({ program, runs }: ObjectsCli): void {
  const copies = program
    .command("copies")
    .description("keep copies of the objects of OBJECTS_URL, and take over while it is away");
  const add = (words: string, description: string) =>
    copies
      .command(words)
      .description(description)
      .option("--home <url>", "the host that takes over; it believes the same tokens", HOME);

  add("follow <object...>", "store copies of objects while they change, until Ctrl-C").action(
    runs(follow),
  );
  add("take-over <object>", "go on with the last copy at home").action(
    runs((place: Place, name: string, flags: CopiesFlags) =>
      hand(place, flags, ({ parts, home }) => takeOver(parts, refOf(name), home)),
    ),
  );
  add("fence <object>", "tell OBJECTS_URL that the object is at home now").action(
    runs((place: Place, name: string, flags: CopiesFlags) =>
      hand(place, flags, ({ parts, edge }) => fence(parts, refOf(name), edge)),
    ),
  );
  add("hand-back <object>", "give the object back to OBJECTS_URL").action(
    runs((place: Place, name: string, flags: CopiesFlags) =>
      hand(place, flags, ({ parts, home, edge }) =>
        handBack(parts, refOf(name), { from: home, to: edge }),
      ),
    ),
  );
  add("conflicts", "list the objects that both hosts changed")
    .option("--json", "print both versions of each")
    .action(runs(conflicts));
  add("resolve <conflict>", "choose a version; the other one stays in the conflict")
    .requiredOption("--keep <version>", "ruling: as it is; other: the other one in its place")
    .action(runs(resolve));
}

interface Hosts {
  readonly parts: { readonly store: ReplicaStore; readonly now: () => number };
  readonly home: HostPeer;
  readonly edge: HostPeer;
}

async function follow(place: Place, names: readonly string[], flags: CopiesFlags): Promise<number> {
  const refs = names.map(refOf);
  return await withHosts(place, flags, async ({ parts, edge }) => {
    const client = createObjectsClient(addressOf(place, edge.name));
    const told = (said: string) => (ref: ObjectRef, seq?: number) =>
      place.terminal.print(`${ref.class}/${ref.id} ${said}${seq === undefined ? "" : ` ${seq}`}`);
    const shared = { client, peer: edge, store: parts.store, clock: runtimeClock };
    const events = { onSaved: told("stored"), onFenced: told("is elsewhere now") };
    const stops = refs.map((ref) =>
      followObject({ ...shared, ...events, random: Math.random }, ref),
    );
    await new Promise<void>((resolve) => {
      if (place.signal.aborted) resolve();
      else place.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    for (const stop of stops) stop();
    client.close();
  });
}

async function hand(
  place: Place,
  flags: CopiesFlags,
  work: (hosts: Hosts) => Promise<unknown>,
): Promise<number> {
  return await withHosts(place, flags, async (hosts) => {
    await work(hosts);
    const found = await hosts.parts.store.conflicts();
    place.terminal.print(found.length === 0 ? "Done." : `Done. ${listed(found)}`);
  });
}

async function conflicts(place: Place, flags: CopiesFlags & JsonOption): Promise<number> {
  return await withHosts(place, flags, async ({ parts }) => {
    const found = await parts.store.conflicts();
    if (flags.json === true) printJson(place, { conflicts: found });
    else place.terminal.print(found.length === 0 ? "There are no conflicts." : listed(found));
  });
}

function listed(found: readonly Conflict[]): string {
  const lines = found.map(
    ({ name, ruling, other }) => `${name}  ruling: ${ruling.owner}  other: ${other.owner}`,
  );
  return [`Both hosts changed these; choose with \`copies resolve\`:`, ...lines].join("\n");
}

async function resolve(
  place: Place,
  name: string,
  flags: CopiesFlags & { readonly keep: string },
): Promise<number> {
  const { keep } = flags;
  if (keep !== "ruling" && keep !== "other") {
    throw new TrestleError("invalid_input", "--keep is ruling or other.");
  }
  return await withHosts(place, flags, async ({ parts, home, edge }) => {
    const conflict = await parts.store.conflict(name);
    const replica = conflict && (await parts.store.get(conflict.other.copy));
    const owner = replica?.owner === home.name ? home : edge;
    await resolveConflict(parts, name, { keep, owner });
    place.terminal.print("Done.");
  });
}

async function withHosts(
  place: Place,
  { home }: CopiesFlags,
  work: (hosts: Hosts) => Promise<void>,
): Promise<number> {
  const { clock, config } = place;
  if (config.url === undefined) {
    throw new TrestleError(
      "invalid_config",
      "Set OBJECTS_URL to the host whose objects these are.",
    );
  }
  const peer = (name: string) =>
    createHostPeer({ name, host: { ...addressOf(place, name), fetch }, clock: runtimeClock });
  const store =
    config.copiesUrl === undefined
      ? openLocalReplicaStore(folderOf(place))
      : await openPostgresReplicaStore(config.copiesUrl);
  try {
    const parts = { store, now: clock.now };
    await work({ parts, home: peer(home), edge: peer(config.url) });
    return EXIT.ok;
  } catch (error) {
    throw isObjectError(error) ? toTrestleError(error) : error;
  } finally {
    await store.close();
  }
}

/** Hosts are known by their addresses: where an object is away, that says where to ask. */
function addressOf({ config, clock }: Place, url: string) {
  const token = tokenFor(config, clock);
  return token === undefined ? { url } : { url, token };
}
