export {
  type AnswerQuestion,
  type AskedClient,
  connectAskedClient,
} from "./clients/asked-client.ts";
export { describeServer, describeServing } from "./describe-server/describe-server.ts";
export {
  type RawSession,
  type RawSessionOptions,
  startRawSession,
} from "./describe-server/raw-session.ts";
export type { Command, ServerUnderTest } from "./describe-server/subject.ts";
export { WAIT_S } from "./faults/fault.ts";
export { type Attempt, attemptsIn, effectsIn } from "./faults/ledger.ts";
export {
  type FaultyHttp,
  type FaultyOptions,
  faultyCommand,
  startFaultyHttp,
} from "./faults/start-faulty.ts";
