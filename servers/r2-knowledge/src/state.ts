import { join } from "node:path";
import process from "node:process";
import { type CallHost, type Clock, LOCAL_PRINCIPAL, type Logger } from "@trestle/protocol";
import { type AuditLog, openAuditLog } from "./audit-log/audit-log.ts";
import { openLocalHeads } from "./audit-log/local-heads.ts";
import { createSharedDocuments, type SharedDocuments } from "./coediting/shared-documents.ts";
import type { Config } from "./config.ts";
import { createDocumentation, type Documentation } from "./documentation/documentation.ts";
import { announced, announcedAccess } from "./events/announced.ts";
import { type Events, openEvents } from "./events/open-events.ts";
import { toKnown, toldFailures } from "./knowledge/failures.ts";
import type { KnowledgeStore } from "./knowledge/knowledge-store.ts";
import { openKnowledge } from "./knowledge/open-knowledge.ts";
import type { ObjectStore } from "./object-store/object-store.ts";
import { openStore, placeOf } from "./open-store.ts";
import { type Access, type AccessParts, createAccess } from "./operations/access.ts";
import { createKeys, type Keys } from "./operations/keys.ts";
import { createOperations, type Operations } from "./operations/operations.ts";
import { sealed } from "./operations/sealing.ts";
import {
  type Caller,
  createGate,
  createOwnersGate,
  type Gate,
  type GateParts,
} from "./policies/gate.ts";
import { type CallersEvents, guardEvents } from "./policies/guard-events.ts";
import { guardKnowledge } from "./policies/guard-knowledge.ts";
import { guardOperations } from "./policies/guard-operations.ts";
import { openPolicyObject } from "./policies/policy-object.ts";
import { createIds } from "./records/ids.ts";
import { createRecordRedact } from "./records/redact.ts";

/** What a tool works with: what its caller may see and do. */
export interface State {
  readonly knowledge: KnowledgeStore;
  readonly operations: Operations;
  readonly access: Access;
  readonly events: CallersEvents;
  /** Where the operator named some. */
  readonly documentation: Documentation | undefined;
  /** Of one caller, where the operator named a server that keeps them. */
  readonly sharedDocuments: ((host: CallHost) => SharedDocuments) | undefined;
}

/** What somebody works with who holds the keys of the store, as the command line does. */
export interface OwnersState extends State {
  readonly keys: Keys;
  readonly events: Events;
  close(): Promise<void>;
}

/** What all calls share: nobody gets to the knowledge but through the door of their own. */
export interface Doors {
  as(caller: Caller): State;
  owner(): OwnersState;
  /** For what no caller asks for. */
  readonly events: Events;
  close(): Promise<void>;
}

export interface StateParts {
  readonly config: Config;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function openDoors(parts: StateParts): Promise<Doors> {
  const { config, dataDir, clock, log } = parts;
  const { refreshMs, redactFields } = config;
  const sharedDocuments = createSharedDocuments(config);
  const store = await openStore(placeOf(config, dataDir), clock)
    .then((plain) => sealed(plain, config, dataDir))
    .catch((error: unknown) => {
      throw toKnown(error);
    });
  const environment = process.env;
  const events = openEvents({ config, store, environment, clock, log, random: Math.random });
  const { compacted } = events;
  const knowledge = openKnowledge({ store, clock, log, refreshMs, redactFields, compacted });
  knowledge.subscribe(({ kind, id }) => {
    if (kind === "pattern") events.announce("pattern.defined", { id, summary: id });
    events.nudge();
  });
  const operations = createOperations({ ...parts, store, knowledge, environment });
  const told = announced(operations, events.announce);
  const security = openSecurity({ ...parts, store });

  const documentation = createDocumentation(config, clock);

  function stateBy(gate: Gate, isOwner: boolean) {
    const access = createAccess({ ...security, store, knowledge, clock, isOwner }, gate);
    return {
      knowledge: guardKnowledge(knowledge, gate),
      operations: guardOperations(told, knowledge, gate),
      access: announcedAccess(toldFailures(access), events.announce),
      ...{ documentation, sharedDocuments },
    };
  }

  return {
    as(caller) {
      const gate = createGate(security, caller);
      return { ...stateBy(gate, false), events: guardEvents(events, gate) };
    },
    owner() {
      const caller = { principal: LOCAL_PRINCIPAL, via: "command line" };
      const gate = createOwnersGate(security, caller);
      return { ...stateBy(gate, true), keys: createKeys(parts, gate), events, close };
    },
    events,
    close,
  };

  async function close() {
    await events.close();
    await operations.close();
    await security.log.close();
    await knowledge.close();
  }
}

/** The command line's: nobody but whoever holds the keys of the store gets this. */
export async function openOwnersState(parts: StateParts): Promise<OwnersState> {
  return (await openDoors(parts)).owner();
}

/** Who may do what, and the log of who did what. Asks the store for nothing yet. */
function openSecurity({ config, dataDir, clock, log, store }: StateParts & { store: ObjectStore }) {
  const ids = createIds({ clock });
  const heads = openLocalHeads(join(dataDir, "audit-heads"));
  const logged = config.auditLog;
  return {
    ...{ ids, heads, logged, clock },
    rules: openPolicyObject(store, clock),
    redact: createRecordRedact(config.redactFields),
    log: openAuditLog({
      ...{ store, clock, log, heads, logged, random: Math.random },
      writer: ids.next(),
    }),
  } satisfies GateParts & Pick<AccessParts, "ids" | "heads" | "rules"> & { readonly log: AuditLog };
}
