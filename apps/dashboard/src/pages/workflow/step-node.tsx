import { Handle, type NodeProps, Position } from "@xyflow/react";
import { Icon, type IconName } from "../../ui/icon.tsx";

const ICONS: Readonly<Record<string, IconName>> = {
  task: "tools",
  map: "menu",
  workflow: "workflows",
  condition: "filter",
  approval: "person",
  wait: "pause",
};

/** One step of a drawing, with how it stands where it runs. */
export function StepNode({ data, selected }: NodeProps) {
  const { label, kind, says, state, faulty } = data as {
    readonly [name: string]: string | undefined;
  };
  return (
    <div
      className="step-node"
      data-state={state}
      data-chosen={selected || undefined}
      data-faulty={faulty || undefined}
    >
      <Handle type="target" position={Position.Top} />
      <span className="step-node-icon">
        <Icon name={ICONS[kind ?? "task"] ?? "tools"} />
      </span>
      <strong>{label}</strong>
      <span className="step-node-says">{says || kind}</span>
      {state && <span className="step-node-state">{state}</span>}
      <Handle type="source" position={Position.Bottom} />
    </div>
  );
}
