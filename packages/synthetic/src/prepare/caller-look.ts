/** How one caller differs from the others, in a picture and in a mix. */
export type CallerLook = { hueDegrees: number; toneHz: number; beepHz: number };

/** Hues 60 degrees apart are told apart surely; so many callers can be. */
const DISTINCT_LOOKS = 6;

/** The look of the caller with this index, from 0; six differ. */
export const callerLook = (index: number): CallerLook => {
  const place = index % DISTINCT_LOOKS;
  return { hueDegrees: 30 + 60 * place, toneHz: 300 + 100 * place, beepHz: 1000 + 500 * place };
};
