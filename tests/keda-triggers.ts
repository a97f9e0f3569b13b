/** The parts of KEDA's document on its triggers that checking needs. */
export interface TriggerDocument {
  readonly scalers: readonly {
    readonly type: string;
    readonly parameters?: readonly {
      readonly name: string;
      readonly optional?: boolean;
      readonly default?: string;
      readonly metadataVariableReadable?: boolean;
      readonly envVariableReadable?: boolean;
      readonly triggerAuthenticationVariableReadable?: boolean;
    }[];
  }[];
}

/**
 * KEDA's triggers in the form of `components/kubernetes/api/keda.json`: the names of the settings that `metadata` may have, `!` after
 * those that it must have.
 *
 * @param version KEDA's, such as `2.21`
 */
export function compactTriggers({ scalers }: TriggerDocument, version: string) {
  return {
    version,
    triggers: Object.fromEntries(
      scalers
        .toSorted((a, b) => (a.type < b.type ? -1 : 1))
        .map(({ type, parameters = [] }) => [
          type,
          parameters
            .flatMap((parameter) => [
              ...(parameter.metadataVariableReadable === true
                ? [`${parameter.name}${isNeeded(parameter) ? "!" : ""}`]
                : []),
              ...(parameter.envVariableReadable === true ? [`${parameter.name}FromEnv`] : []),
            ])
            .toSorted(),
        ]),
    ),
  };
}

type Parameter = NonNullable<TriggerDocument["scalers"][number]["parameters"]>[number];

/** Whether the setting can come from nowhere else. */
function isNeeded(parameter: Parameter): boolean {
  const elsewhere = parameter.envVariableReadable === true || parameter.triggerAuthenticationVariableReadable === true;
  return parameter.optional !== true && parameter.default === undefined && !elsewhere;
}
