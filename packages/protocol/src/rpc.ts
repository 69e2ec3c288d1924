import type { JsonObject, JsonValue } from "./json.ts";
import { isJsonObject } from "./json.ts";

export type RpcId = string | number;

export interface RpcRequest {
  readonly jsonrpc: "2.0";
  readonly id: RpcId;
  readonly method: string;
  readonly params?: JsonObject;
}
export interface RpcNotification {
  readonly jsonrpc: "2.0";
  readonly method: string;
  readonly params?: JsonObject;
}
export interface RpcFault {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonValue;
}
export interface RpcResponse {
  readonly jsonrpc: "2.0";
  readonly id: RpcId | null;
  readonly result?: JsonObject;
  readonly error?: RpcFault;
}
export type RpcMessage = RpcRequest | RpcNotification | RpcResponse;

export function isRpcId(value: unknown): value is RpcId {
  return typeof value === "string" || typeof value === "number";
}

/** Is this value a JSON-RPC message at all? */
export function isRpcMessage(value: unknown): value is RpcMessage {
  if (!isJsonObject(value) || value.jsonrpc !== "2.0") return false;
  if (value.params !== undefined && !isJsonObject(value.params)) return false;
  if (typeof value.method === "string") return value.id === undefined || isRpcId(value.id);
  return "id" in value && (isJsonObject(value.result) || isJsonObject(value.error));
}
export function isRequest(message: RpcMessage): message is RpcRequest {
  return "method" in message && "id" in message && message.id !== undefined;
}
export function isNotification(message: RpcMessage): message is RpcNotification {
  return "method" in message && !("id" in message && message.id !== undefined);
}
export function isResponse(message: RpcMessage): message is RpcResponse {
  return !("method" in message);
}
