import type { JsonObject } from "@trestle/protocol";
import type { ExecutionFamily } from "../../state/history/history.ts";
import { ofReplica } from "../../state/history/reader.ts";
import type { Execution } from "../../state/history/rows.ts";
import type { HistorySource, SourceFilter } from "../../state/history/source.ts";
import type { Peers } from "../peers.ts";
import type { AskOthers } from "./ask-all.ts";

const NEWEST = "history/newest";
const GET = "history/get";

/** Lets other bridges read the history of this one. */
export function answerHistory(peers: Pick<Peers, "answer">, history: HistorySource): void {
  peers.answer(NEWEST, async ({ payload }) => ({
    executions: (await history.newest(
      payload as unknown as SourceFilter,
    )) as unknown as JsonObject[],
  }));
  peers.answer(GET, async ({ payload }) => {
    const family = await history.get(String(payload.id));
    return family === undefined ? {} : { family: family as unknown as JsonObject };
  });
}

/** The histories of the bridges that are there now. */
export function historiesOf({ others, ask }: AskOthers): readonly HistorySource[] {
  return others().map((replica) =>
    ofReplica(
      {
        name: `the bridge ${replica}`,
        async newest(filter) {
          const { executions } = await ask(replica, NEWEST, filter as unknown as JsonObject);
          return executions as unknown as Execution[];
        },
        async get(id) {
          const { family } = await ask(replica, GET, { id });
          return family as unknown as ExecutionFamily | undefined;
        },
      },
      replica,
    ),
  );
}
