/**
 * Why a stretch has no media: as the sender or the app wanted it, so that nothing is missing, or for a loss. Without imports: the page reads it too.
 * `unsent`: the sender sent nothing (camera off, a tab asleep, a track that began later). `pause`: the recording
 * itself rested. `undecodable`: it came, and could not be decoded.
 */
export const WANTED_GAP_CAUSES = ['mute', 'unsent', 'pause'] as const;
export const LOSS_GAP_CAUSES = ['loss', 'undecodable', 'disconnect', 'disk', 'crash'] as const;
export const GAP_CAUSES = [...WANTED_GAP_CAUSES, ...LOSS_GAP_CAUSES] as const;
export type GapCause = (typeof GAP_CAUSES)[number];

export const isGapCause = (text: string): text is GapCause => GAP_CAUSES.some((cause) => cause === text);

/** Whether media of such a gap is missing that was to be recorded. */
export const isLoss = (cause: GapCause): boolean => LOSS_GAP_CAUSES.some((loss) => loss === cause);
