// Roles as the catalogue has them, the house's own among them: what may be given now, and what each is called, also one that was retired.
import { useCatalogue } from './session.ts'
import { textOr, useText } from './text.ts'

const useOptions = () =>
  useCatalogue()
    .find(({ name }) => name === 'user')
    ?.fields.find(({ name }) => name === 'role')?.options ?? []

/** Roles that may be given, for a Select. */
export const useRoleChoices = (): { value: string; label: string }[] => {
  const { both } = useText()
  return useOptions()
    .filter(({ retired }) => retired !== true)
    .map(({ value, label }) => ({ value, label: both(label) }))
}

/** What a role is called; services are not in the catalogue. */
export const useRoleName = (): ((role: string) => string) => {
  const { both } = useText()
  const options = useOptions()
  return (role) => {
    const found = options.find(({ value }) => value === role)
    return found ? both(found.label) : textOr(`lock.role.${role}`, role)
  }
}
