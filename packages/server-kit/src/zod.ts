/** The zod that the kit has in itself: what takes it from here starts without loading another one. */
export * from "zod";
