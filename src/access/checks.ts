// checks
import type { Check } from '#kernel'
export const accessChecks = (): readonly Check[] => []
