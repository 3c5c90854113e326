// The data class of every column the catalogue does not know: the fixed tables, and what every record has. Keeps store-15.
import { type Catalogue, cellColumn, columnOf, type DataClass, sealedGroups } from '#kernel'
import { systemColumns } from './derive.ts'

// What is about people, or could be; every other column named here is internal.
const fixed: Readonly<Record<string, { readonly personal?: string; readonly internal: string }>> = {
  'ops.installation': { internal: 'tenant_id installation_id incarnation created_at' },
  'ops.schema_version': { internal: 'version name at' },
  'ops.schema_derived': { internal: 'single digest at' },
  'ops.setting': { internal: 'tenant_id name value updated_at' },
  'ops.policy_version': {
    internal:
      'tenant_id id number source sha256 active created_by created_at document origin signature change_id activated_at',
  },
  // Reasons are asked not to name anybody outside the house; who reads them should not rely on it.
  'ops.policy_change': {
    personal: 'title reason',
    internal:
      'tenant_id id state document base revision dry_run created_by created_at updated_at proposed_by proposed_at decided_by decided_at activate_at number failure withdrawn_by withdrawn_at approval',
  },
  'ops.policy_draft': {
    personal: 'title',
    internal: 'tenant_id user_id base revision document created_at updated_at',
  },
  'ops.policy_dry_run': {
    internal: 'tenant_id id job_id base digest document from_at to_at report started_by created_at',
  },
  'ops.deputyship': {
    personal: 'reason',
    internal: 'tenant_id id person_id deputy_id starts_at expires_at named_by passed_to created_at ended_by ended_at',
  },
  'ops.recertification': {
    internal: 'tenant_id id scope started_by started_at due_at finished_by finished_at sha256 reminded reminded_at',
  },
  'ops.recertification_line': {
    personal: 'reason',
    internal:
      'tenant_id campaign_id id kind person_id thing_id what detail privileged decision decided_by decided_at settled_at',
  },
  'ops.access_grant': {
    personal: 'reason',
    internal:
      'tenant_id id kind user_id role record_type record_id level starts_at expires_at granted_by passed_to created_at revoked_by revoked_at',
  },
  'ops.notification': {
    internal: 'tenant_id id user_id kind record_type record_id act_id number actor_id created_at read_at',
  },
  'ops.unmask_count': { internal: 'tenant_id user_id day count refused' },
  'ops.backup': {
    internal:
      'tenant_id id type parent repository state rows bytes seconds manifest_sha256 created_at verified_at verified_level',
  },
  'ops.check_run': { internal: 'tenant_id id started_at finished_at started_by' },
  'ops.check_result': { internal: 'tenant_id run_id control_id check_version state result sha256 collected_at' },
  'ops.import_run': {
    internal: 'tenant_id id type file_sha256 state counts started_by started_at finished_at seen_at legacy',
  },
  'ops.custom_field': { internal: 'tenant_id id type name revision definition created_by created_at' },
  'ops.alarm': {
    internal: 'tenant_id id kind user_id record_type record_id detail created_at settled_by settled_at note',
  },
  'ops.break_glass': {
    personal: 'reason note',
    internal:
      'tenant_id id user_id record_type scope scope_id opened_at expires_at ended_at reviewed_by reviewed_at justified',
  },
  'ops.canary': { internal: 'tenant_id record_type record_id note marked_by marked_at' },
  'ops.read_count': { internal: 'tenant_id user_id minute opened listed' },
  'ops.export_count': { internal: 'tenant_id user_id day rows' },
  'ops.export': {
    internal: 'tenant_id id user_id record_type rows sha256 started_at finished_at request_id',
  },
  'ops.export_request': {
    personal: 'purpose reason',
    internal: 'tenant_id id user_id record_type rows created_at expires_at decided_by decided_at approved used_at',
  },
  'ops.formerly_weak': { internal: 'tenant_id subject_id run_id created_at' },
  'ops.job': {
    internal:
      'tenant_id id kind exclusive spec state cursor done total lease_until lease_by error_code started_by created_at finished_at',
  },
  // Where events go may hold a key of the receiver's.
  'ops.webhook': {
    personal: 'url secret_sealed former_sealed',
    internal: 'tenant_id id owner_id name former_until record_types events active stopped created_at updated_at',
  },
  'ops.webhook_delivery': {
    internal:
      'tenant_id id webhook_id event record_type record_id version act groups at attempts next_at failed_at status error',
  },
  // The texts of reasons are asked not to name anybody; who reads them should not rely on it.
  'ops.erasure': {
    personal: 'signed',
    internal: 'tenant_id number id subject_id signature suite public_key sha256 erased_by erased_at',
  },
  'ops.legal_hold': {
    personal: 'reason lift_reason',
    internal: 'tenant_id id subject_id placed_by placed_at lifted_by lifted_at',
  },
  'ops.erasure_closing': {
    internal: 'tenant_id id up_to epoch generation root started_by started_at done_at',
  },
  // Who destroyed an old key and before whom: names of staff.
  'ops.key_destruction': {
    personal: 'destroyed_by how witness',
    internal: 'tenant_id id fingerprint destroyed_on recorded_by recorded_at',
  },
  'keyring.epoch': {
    internal:
      'tenant_id epoch state suite sym_wrapped index_wrapped hpke_public hpke_wrapped created_at capture_suite retired_at destroyed_at made_by',
  },
  'keyring.subject_key': {
    internal: 'tenant_id subject_id generation epoch suite wrapped commitment created_at retired_at',
  },
  'crm.capture_form': {
    internal: 'tenant_id name definition active version created_by created_at updated_by updated_at',
  },
  'crm.capture': { personal: 'sealed', internal: 'tenant_id id form epoch suite at received_at digest reason' },
  'keyring.named_key': { internal: 'tenant_id kind name suite public_key sealed updated_at' },
  'keyring.search_generation': {
    internal:
      'tenant_id generation state suite wrapped import_suite import_wrapped policy incarnation created_at made_by',
  },
  'crm.search_index': { personal: 'tokens', internal: 'tenant_id record_id generation' },
  'crm.blind_index': { personal: 'token', internal: 'tenant_id index_id record_id' },
  'crm.attachment': {
    personal: 'cell_file',
    internal:
      'tenant_id id version subject_id record_type record_id field_group size chunks media_type mismatch header created_by created_at deleted_at',
  },
  'crm.attachment_chunk': { personal: 'bytes', internal: 'tenant_id attachment_id number' },
  'crm.upload_part': { personal: 'bytes', internal: 'tenant_id upload_id number at' },
  'journal.entry': { personal: 'body image', internal: 'tenant_id id tx at act obj record_id actor salt' },
  'journal.leaf': { internal: 'tenant_id index entry_id hash' },
  'journal.checkpoint': { internal: 'tenant_id size root frontier note created_at' },
  'identity.credential': {
    personal: 'password_hash totp_sealed recovery_hashes',
    internal: 'tenant_id user_id changed_at must_change totp_confirmed_at totp_last_step',
  },
  'identity.session': {
    personal: 'first_ip last_ip user_agent',
    internal:
      'tenant_id id user_id token_hash csrf_hash created_at seen_at expires_at mfa_at revoked_at confirmed_at device_id',
  },
  'identity.passkey': {
    personal: 'name',
    internal: 'tenant_id id user_id credential_id public_key counter transports synced backed_up created_at used_at',
  },
  'identity.mail_server': {
    personal: 'password_sealed',
    internal: 'tenant_id id host port security username from_address updated_at updated_by paused_at',
  },
  'identity.mail': {
    personal: 'sealed',
    internal: 'tenant_id id kind user_id attempts next_at created_at failed_at error',
  },
  'identity.link': { internal: 'tenant_id token_hash kind user_id created_at expires_at used_at' },
  'identity.challenge': { internal: 'tenant_id hash purpose user_id expires_at' },
  'identity.device': {
    personal: 'user_agent',
    internal: 'tenant_id id user_id token_hash created_at used_at expires_at',
  },
  'identity.client_certificate': {
    internal: 'tenant_id fingerprint user_id label not_after created_by created_at seen_at revoked_at',
  },
  'identity.api_key': {
    personal: 'label',
    internal:
      'tenant_id id user_id role prefix secret_hash bounds networks per_minute expires_at created_by created_at seen_at refused_at revoked_at',
  },
  'identity.provider': {
    internal:
      'tenant_id id name issuer client_id secret_sealed settings active version created_by created_at updated_at',
  },
  'identity.provider_link': {
    personal: 'subject_hash',
    internal: 'tenant_id provider_id user_id created_at seen_at',
  },
  'identity.sign_on': {
    personal: 'subject_hash',
    internal: 'tenant_id key_hash provider_id user_id expires_at',
  },
  'identity.provider_session': {
    personal: 'subject_hash sid_hash',
    internal: 'tenant_id session_id provider_id user_id created_at',
  },
  'identity.logout_token': { internal: 'tenant_id provider_id jti_hash expires_at' },
  'identity.scim_token': {
    internal:
      'tenant_id id provider_id label prefix secret_hash scopes expires_at created_by created_at seen_at revoked_at',
  },
  'identity.scim_user': { internal: 'tenant_id user_id provider_id wanted waiting' },
  'identity.scim_group': { internal: 'tenant_id id provider_id name external_id version created_at updated_at' },
  'identity.scim_member': { internal: 'tenant_id group_id user_id' },
  'identity.throttle': { internal: 'tenant_id key failures first_at blocked_until' },
  'identity.setup_link': { internal: 'tenant_id token_hash expires_at used_at' },
}

/** Class of every known column, by schema.table.column. A cell has the strictest class of the fields in it. */
export const classifiedColumns = (catalogue: Catalogue): ReadonlyMap<string, DataClass> => {
  const classes = new Map<string, DataClass>()
  for (const [table, { personal = '', internal }] of Object.entries(fixed)) {
    for (const column of internal.split(' ')) classes.set(`${table}.${column}`, 'internal')
    for (const column of personal.split(' ').filter(Boolean)) classes.set(`${table}.${column}`, 'personal')
  }
  for (const type of catalogue.types) {
    const table = `crm.${type.table}`
    for (const { name } of systemColumns) classes.set(`${table}.${name}`, 'internal')
    for (const field of type.fields)
      if (field.storage === 'plain') classes.set(`${table}.${columnOf(field)}`, field.dataClass)
    for (const group of sealedGroups(type)) {
      const found = type.fields
        .filter((field) => field.group === group && field.storage === 'sealed')
        .map((field) => field.dataClass)
      classes.set(`${table}.${cellColumn(group)}`, order.findLast((one) => found.includes(one)) ?? 'sensitive')
    }
  }
  return classes
}

const order: readonly DataClass[] = ['public', 'internal', 'personal', 'sensitive']
