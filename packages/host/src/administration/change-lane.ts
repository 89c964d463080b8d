import { CapstanError, type Clock, isCapstanError, type Logger } from '@capstan/sdk';
import type { AdministrativeAct } from '../audit/audit-record.ts';
import type { HostSettings } from '../settings/host-settings.ts';
import type { DeclaredState } from '../state/declared-state.ts';
import { changedMeanwhile } from '../state/memory-keeper.ts';
import type { NextState, Reconciler } from '../state/reconciler.ts';
import type { RuntimeChange } from '../state/runtime-change.ts';
import type { RuntimeKeeper } from '../state/runtime-keeper.ts';
import type { RuntimeState } from '../state/runtime-state.ts';
import type { Act, Actor } from './actor.ts';

/** What a {@link ChangeLane} works with. */
export interface ChangeLaneParts {
  readonly declared: DeclaredState;
  readonly reconciler: Reconciler;
  readonly keeper: RuntimeKeeper;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: (act: AdministrativeAct) => Promise<void>;
}

/** A change that is asked for. */
export interface ChangeRequest {
  readonly act: Act;
  readonly actor: Actor;
  /** Checks it against what holds, and says what to write; may be asked again when that changed. @throws CapstanError */
  readonly prepare: () => readonly RuntimeChange[];
  readonly anew?: NextState['anew'];
}

/** How often a change is checked anew because another replica was faster. */
const MAX_ATTEMPTS = 5;

/**
 * One change after the other: checked, made durable, then in force.
 *
 * 1. A change is checked against the state on which it is written: when that is another one by now, it is checked again.
 * 2. Nothing is in force that is not durable.
 * 3. Every act is recorded, the refused ones too.
 */
export class ChangeLane {
  readonly #parts: ChangeLaneParts;
  readonly #stop: () => void;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ChangeLaneParts) {
    this.#parts = parts;
    this.#stop = parts.keeper.onChange(() => this.#onChange());
  }

  /** @throws CapstanError why it is refused, or CAPSTAN_CONFLICT when the state is not the expected one */
  async make(request: ChangeRequest): Promise<void> {
    try {
      await this.#inTurn(() => this.#make(request));
    } catch (error) {
      await this.#record(request, isCapstanError(error) ? error.code : 'CAPSTAN_INTERNAL');
      throw error;
    }
    await this.#record(request, undefined); // 3
  }

  /** Puts other settings in force, which are written elsewhere. */
  async settle(settings: HostSettings, record: Pick<ChangeRequest, 'act' | 'actor'> | undefined): Promise<void> {
    await this.#inTurn(async () => this.#parts.reconciler.reconcile({ settings }));
    if (record !== undefined) await this.#record(record, undefined);
  }

  /** Takes over what other replicas changed. */
  reload(): Promise<void> {
    return this.#inTurn(() => this.#reload());
  }

  /** Resolves when the change under way is over. */
  async close(): Promise<void> {
    this.#stop();
    await this.#turn;
  }

  async #make({ actor, prepare, anew }: ChangeRequest): Promise<void> {
    const { declared, reconciler } = this.#parts;
    const { expectedRevision } = actor;
    if (expectedRevision !== undefined && expectedRevision !== declared.state.revision) await this.#reload();
    if (expectedRevision !== undefined && expectedRevision !== declared.state.revision) {
      throw changedMeanwhile(expectedRevision, declared.state.revision);
    }
    for (let attempt = 1; ; attempt += 1) {
      const changes = prepare();
      const state = changes.length === 0 ? declared.state : await this.#commit(changes, actor, attempt);
      if (state === undefined) continue;
      reconciler.reconcile({ state, ...(anew === undefined ? {} : { anew }) }); // 2
      return;
    }
  }

  /** @returns undefined where another replica was faster, and what it did is known now */
  async #commit(
    changes: readonly RuntimeChange[],
    { principal, expectedRevision }: Actor,
    attempt: number,
  ): Promise<RuntimeState | undefined> {
    const { declared, keeper, clock } = this.#parts;
    const { revision } = declared.state;
    try {
      const author = { by: principal.id, at: clock.now() };
      return await keeper.commit(changes, { author, expectedRevision: revision });
    } catch (error) {
      if (!(error instanceof CapstanError) || error.code !== 'CAPSTAN_CONFLICT') throw error;
      await this.#reload(); // 1
      const isOvertaken = declared.state.revision !== revision;
      if (!isOvertaken || expectedRevision !== undefined || attempt >= MAX_ATTEMPTS) throw error;
      return undefined;
    }
  }

  async #reload(): Promise<void> {
    const { keeper, reconciler, declared } = this.#parts;
    const { state, names } = await keeper.load();
    if (state.revision >= declared.state.revision) reconciler.reconcile({ state, names });
  }

  #onChange(): void {
    this.reload().catch((cause: unknown) => {
      this.#parts.logger.error('what another replica changed could not be read', { cause });
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #record({ act, actor }: Pick<ChangeRequest, 'act' | 'actor'>, code: CapstanError['code'] | undefined): Promise<void> {
    const { principal, surface, origin } = actor;
    return this.#parts.audit({
      ...act,
      principal,
      surface,
      ...(origin === undefined ? {} : { origin }),
      ...(code === undefined ? { status: 'succeeded' } : { status: 'failed', code }),
    });
  }
}
