// The official JSON schema of CycloneDX 1.6, by the project's own library: what it has against a bill of materials.
import { Version } from '@cyclonedx/cyclonedx-library/Spec'
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation'

/** Errors of the schema, or null where it holds. */
export const schemaErrors = (bom: unknown): Promise<unknown> =>
  new JsonStrictValidator(Version.v1dot6).validate(JSON.stringify(bom))
