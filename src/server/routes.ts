// The one route table. A row that is not here does not exist; every row names an action and a resource, or why it is open. Keeps server-1.
import { catalogue } from '#crm'
import { accessRoutes } from './access.ts'
import { aboutRoutes } from './about.ts'
import { alarmRoutes } from './alarms.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { backupRoutes } from './backups.ts'
import { breakGlassRoutes } from './break-glass.ts'
import { browseRoutes } from './browse.ts'
import { captureFormRoutes } from './capture-forms.ts'
import { captureRoutes } from './capture.ts'
import { customFieldRoutes } from './custom-fields.ts'
import { dryRunRoutes } from './dry-runs.ts'
import { deputyRoutes } from './deputies.ts'
import { erasureRoutes } from './erasures.ts'
import { clientCertificateRoutes } from './client-certificates.ts'
import { exportRequestRoutes } from './export-requests.ts'
import { grantRoutes } from './grants.ts'
import { handOverRoutes } from './hand-over.ts'
import { factorRoutes, passkeySignInRoutes, signInRuleRoutes } from './factors.ts'
import { homeRoutes } from './home.ts'
import { identityProviderRoutes } from './identity-providers.ts'
import { importRoutes } from './imports.ts'
import { jobRoutes } from './jobs.ts'
import { inboxRoutes } from './inbox.ts'
import { inventoryRoutes } from './key-inventory.ts'
import { keyTreeRoutes } from './key-tree.ts'
import { journalRoutes } from './journal.ts'
import { meRoutes, signInRoutes } from './me.ts'
import { offSiteRoutes } from './offsite.ts'
import { provisioningTokenRoutes } from './provisioning-tokens.ts'
import { protectionRoutes } from './protection.ts'
import { recordRoutes } from './records.ts'
import { recertificationRoutes } from './recertifications.ts'
import { restoreRoutes } from './restore.ts'
import { reviewRoutes } from './review.ts'
import { notificationRoutes } from './notifications.ts'
import { oldKeyRoutes } from './old-keys.ts'
import { rotationRoutes } from './rotations.ts'
import { signOnRoutes, signOutRoute } from './sign-on.ts'
import { mailRoutes, resetRoutes } from './mail.ts'
import type { Route } from './route.ts'
import { scimRoutes } from './scim.ts'
import { policyBuilderRoutes } from './policy-builder.ts'
import { policyMatrixRoutes } from './policy-matrix.ts'
import { policyRoutes } from './policies.ts'
import { searchRoutes } from './search-policy.ts'
import { setupRoutes } from './setup.ts'
import { userRoutes } from './users.ts'
import { webhookRoutes } from './webhooks.ts'

export const routes: readonly Route[] = [
  ...setupRoutes,
  ...restoreRoutes,
  ...signInRoutes,
  ...signOnRoutes,
  ...meRoutes,
  signOutRoute,
  ...passkeySignInRoutes,
  ...factorRoutes,
  ...resetRoutes,
  ...mailRoutes,
  ...signInRuleRoutes,
  ...homeRoutes,
  ...catalogue.types.flatMap(recordRoutes),
  ...customFieldRoutes,
  ...userRoutes,
  ...handOverRoutes,
  ...alarmRoutes,
  ...breakGlassRoutes,
  ...grantRoutes,
  ...deputyRoutes,
  ...inboxRoutes,
  ...notificationRoutes,
  ...recertificationRoutes,
  ...exportRequestRoutes,
  ...clientCertificateRoutes,
  ...apiKeyRoutes,
  ...webhookRoutes,
  ...identityProviderRoutes,
  ...provisioningTokenRoutes,
  ...scimRoutes,
  ...importRoutes,
  ...captureRoutes,
  ...captureFormRoutes,
  ...journalRoutes,
  ...backupRoutes,
  ...browseRoutes,
  ...offSiteRoutes,
  ...erasureRoutes,
  ...reviewRoutes,
  ...aboutRoutes,
  ...protectionRoutes,
  ...jobRoutes,
  ...keyTreeRoutes,
  ...rotationRoutes,
  ...oldKeyRoutes,
  ...policyRoutes,
  ...policyBuilderRoutes,
  ...dryRunRoutes,
  ...policyMatrixRoutes,
  ...accessRoutes,
  ...searchRoutes,
  ...inventoryRoutes,
]
