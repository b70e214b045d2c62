/** No more than a fifth of an app's files go at once for another reason than their age: then something is wrong, and a person must look. */

/** Of `total` files, `going` are to go. */
export const areTooMany = (going: number, total: number): boolean => going * 5 > total;
