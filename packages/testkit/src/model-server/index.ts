export {
  type ModelServer,
  type ModelServerOptions,
  startModelServer,
} from "./start-model-server.ts";
export type {
  ModelRequestSeen,
  Recorded,
  RecordedCall,
  RecordedFault,
  RecordedTurn,
} from "./turn.ts";
