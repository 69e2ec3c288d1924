import {
  Background,
  type Connection,
  Controls,
  type Edge,
  type Node,
  type NodeChange,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import { type DragEvent, useMemo, useState } from "react";
import { connectionsOf } from "./connections.ts";
import { type Definition, idOf, kindOf, stepsOf, textOf } from "./definition.ts";
import { type Place, placesOf } from "./layout.ts";
import { StepNode } from "./step-node.tsx";
import "./canvas.css";

/** How a step of an execution stands, where one is shown. */
export type StepStates = Readonly<Record<string, string>>;

export interface CanvasProps {
  readonly definition: Definition;
  readonly chosen: string | undefined;
  readonly choose: (id: string | undefined) => void;
  readonly states?: StepStates;
  readonly faulty?: ReadonlySet<string>;
  /** Without these it is a picture. */
  readonly edit?: CanvasEdit;
}

export interface CanvasEdit {
  readonly connect: (from: string, to: string) => void;
  readonly disconnect: (from: string, to: string) => void;
  /** A tool was dropped here: `server.tool`. */
  readonly drop: (name: string) => void;
}

/** What a tool that is dragged out of the palette is carried as. */
export const TOOL_TYPE = "application/x-trestle-tool";

const NODE_TYPES = { step: StepNode };

/** Steps as boxes with lines between; what it does can be done in the list of steps as well. */
export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  );
}

function Drawing(props: CanvasProps) {
  const { definition, choose, edit } = props;
  const { nodes, move } = useNodes(props);
  const edges = useMemo(() => edgesOf(definition, props.states), [definition, props.states]);
  const { fitView } = useReactFlow();
  const onDrop = (event: DragEvent): void => {
    const name = event.dataTransfer.getData(TOOL_TYPE);
    if (name === "" || edit === undefined) return;
    event.preventDefault();
    edit.drop(name);
    requestAnimationFrame(() => void fitView({ maxZoom: 1, padding: 0.15 }));
  };
  return (
    <section
      className="canvas"
      aria-label="Drawing of the steps"
      onDragOver={(event) => edit && event.preventDefault()}
      onDrop={onDrop}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        onNodesChange={move}
        onNodeClick={(_, { id }) => choose(id)}
        onPaneClick={() => choose(undefined)}
        onConnect={({ source, target }: Connection) => edit?.connect(source, target)}
        onEdgesDelete={(gone) => {
          for (const { source, target } of gone) edit?.disconnect(source, target);
        }}
        nodesConnectable={edit !== undefined}
        edgesFocusable={edit !== undefined}
        deleteKeyCode={edit ? ["Backspace", "Delete"] : null}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.15 }}
        minZoom={0.2}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={20} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </section>
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Boxes where the layout puts them, until somebody moves one. */
function useNodes({ definition, chosen, choose, states, faulty }: CanvasProps) {
  const [moved, setMoved] = useState<Readonly<Record<string, Place>>>({});
  // What was measured is handed back, else every change would have all boxes measured anew.
  const [sizes, setSizes] = useState<Readonly<Record<string, Size>>>({});
  const nodes = useMemo(() => {
    const places = placesOf(definition);
    return stepsOf(definition).map((step, index): Node => {
      const id = idOf(step, index);
      const kind = kindOf(step);
      const call = textOf(step.server) && `${textOf(step.server)}.${textOf(step.tool)}`;
      const data = {
        label: id,
        kind,
        says: call || textOf(step.message) || textOf(step.workflow) || textOf(step.condition),
        state: states?.[id],
        faulty: faulty?.has(id) ?? false,
      };
      const position = moved[id] ?? places.get(id) ?? { x: 0, y: 0 };
      return {
        ...{ id, type: "step", position: { ...position }, data },
        ...{ selected: id === chosen, deletable: false, ariaLabel: `Step ${id}` },
        ...(sizes[id] && { measured: { ...sizes[id] } }),
      };
    });
  }, [definition, chosen, states, faulty, moved, sizes]);
  function move(changes: readonly NodeChange[]): void {
    for (const change of changes) {
      if (change.type === "position" && change.position !== undefined) {
        const { id, position } = change;
        setMoved((before) => ({ ...before, [id]: position }));
      } else if (change.type === "dimensions" && change.dimensions !== undefined) {
        const { id, dimensions } = change;
        setSizes((before) => ({ ...before, [id]: dimensions }));
      } else if (change.type === "select" && change.selected) choose(change.id);
    }
  }
  return { nodes, move };
}

function edgesOf(definition: Definition, states: StepStates | undefined): Edge[] {
  return connectionsOf(definition).map(({ from, to, because }) => ({
    ...{ id: `${from}>${to}`, source: from, target: to },
    className: `canvas-${because}`,
    animated: states?.[to] === "running",
    deletable: because !== "reference",
    ariaLabel: `${to} waits for ${from}`,
  }));
}
