import type { Batch } from "./driver.ts";
import { createOutgoing, type Outgoing } from "./outgoing.ts";
import { hasLists, toText } from "./parameters.ts";
import { breakOff, type WireConnection } from "./wire-connection.ts";

/** Rows of one answer may take so much of our memory; who wants more takes batches. */
const MAX_BATCH_BYTES = 64_000_000;

interface Plan {
  readonly sql: string;
  readonly params: readonly unknown[];
  /** Empty for a statement that runs to its end at once. */
  readonly portal: string;
  /** 0: all. Left out: it is only made ready. */
  readonly maxRows?: number;
  /** The portal is open already: only its next rows are asked for. */
  readonly opened?: boolean;
  /** Statements of our own that run before it; where one of them fails, it does not run. */
  readonly ahead?: readonly string[];
}

interface FieldMessage {
  readonly name: string;
  readonly dataTypeID: number;
  readonly tableID: number;
  readonly columnID: number;
}

/** What a client runs through its connection: `submit` and the handlers of its answers. */
export interface Submitted {
  readonly answer: Promise<Batch>;
  /** Has all that went ahead come to its end? */
  begun(): boolean;
  submit(connection: WireConnection): Error | undefined;
}

/**
 * One statement in the extended protocol, one round trip, values as the server prints them. Two, where a
 * list is among the parameters: what it is sent as depends on the type that the server finds for it.
 * What goes ahead of it is in the same group of messages, of which the server leaves out what comes behind
 * one that failed.
 */
export function createStatement(plan: Plan): Submitted {
  const { promise: answer, resolve, reject } = Promise.withResolvers<Batch>();
  const gathered = gather();
  let ahead = plan.ahead?.length ?? 0;
  let done = false;
  let synced = false;
  let used: WireConnection | undefined;

  /** What can not be sent is given back, as clients want it. */
  function submit(connection: WireConnection): Error | undefined {
    used = connection;
    const messages = createOutgoing();
    for (const sql of plan.ahead ?? []) messages.whole(sql);
    try {
      if (plan.opened) execute(messages);
      else {
        messages.parse(plan.sql);
        if (hasLists(plan.params)) askForTypes(connection, messages);
        else bind(messages, []);
      }
    } catch (error) {
      // Nothing was sent that would have to be ended.
      synced = true;
      return error as Error;
    }
    messages.sendTo(connection);
    return undefined;
  }

  function askForTypes(connection: WireConnection, messages: Outgoing): void {
    messages.describe("statement", "");
    messages.flush();
    const onTypes = ({ dataTypeIDs }: { dataTypeIDs: number[] }) => {
      connection.off("errorMessage", onError);
      bindAs(connection, dataTypeIDs);
    };
    const onError = () => void connection.off("parameterDescription", onTypes);
    connection.once("parameterDescription", onTypes);
    connection.once("errorMessage", onError);
  }

  function bindAs(connection: WireConnection, types: readonly number[]): void {
    const messages = createOutgoing();
    try {
      bind(messages, types);
      messages.sendTo(connection);
    } catch (error) {
      reject(error);
      endGroup(connection);
    }
  }

  function bind(messages: Outgoing, types: readonly number[]): void {
    const { portal } = plan;
    messages.bind(
      portal,
      plan.params.map((value, at) => toText(value, types[at])),
    );
    messages.describe("portal", portal);
    execute(messages);
  }

  function execute(messages: Outgoing): void {
    if (plan.maxRows !== undefined) messages.execute(plan.portal, plan.maxRows);
    messages.sync();
    synced = true;
  }

  function endGroup(connection: WireConnection): void {
    synced = true;
    const messages = createOutgoing();
    messages.sync();
    messages.sendTo(connection);
  }

  const handlers = {
    handleRowDescription: ({ fields }: { fields: FieldMessage[] }) => gathered.describe(fields),
    handleDataRow({ fields }: { fields: (string | null)[] }) {
      if (ahead > 0) return;
      // There is no other way to stop what is on its way already.
      if (!gathered.add(fields) && used) breakOff(used, tooLarge());
    },
    handlePortalSuspended() {},
    handleEmptyQuery() {
      done = true;
    },
    handleCommandComplete({ text }: { text: string }) {
      if (ahead > 0) ahead -= 1;
      else {
        done = true;
        gathered.complete(text);
      }
    },
    handleCopyInResponse(connection: WireConnection) {
      connection.sendCopyFail("COPY from the client is not offered here");
    },
    handleCopyData() {},
    handleReadyForQuery() {
      resolve({ ...gathered.answer(), done });
    },
    handleError(error: Error, connection: WireConnection) {
      if (!synced) endGroup(connection);
      reject(error);
    },
  };
  return { answer, submit, begun: () => ahead === 0, ...handlers };
}

/** Recognised where failures are worded. */
export const TOO_LARGE = "TRESTLE_TOO_LARGE";

export function tooLarge(): Error {
  return Object.assign(new Error("the rows are too large"), { code: TOO_LARGE });
}

function gather() {
  let fields: FieldMessage[] = [];
  let rows: (string | null)[][] = [];
  let bytes = 0;
  let tag = "";

  return {
    describe(described: FieldMessage[]) {
      fields = described.map(({ name, dataTypeID, tableID, columnID }) => ({
        name,
        dataTypeID,
        tableID,
        columnID,
      }));
    },
    /** False once there is too much: what was kept is let go. */
    add(row: (string | null)[]): boolean {
      for (const value of row) bytes += value === null ? 0 : value.length;
      if (bytes > MAX_BATCH_BYTES) rows = [];
      else rows.push(row);
      return bytes <= MAX_BATCH_BYTES;
    },
    complete(text: string) {
      tag = text;
    },
    answer() {
      const { command, count } = parseTag(tag);
      return { fields, rows, command, rowCount: count };
    },
  };
}

/** `INSERT 0 3` → INSERT and 3; `CREATE TABLE` counts nothing. */
function parseTag(tag: string): { command: string; count: number | null } {
  const command = tag.replace(/[ \d]+$/, "");
  const count = /\d+$/.exec(tag)?.[0];
  return { command, count: count === undefined ? null : Number(count) };
}
