import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  type BucketProps,
  type CfnBucket,
} from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { EXPIRY_TAG } from '../model/limits-status-events.ts'
import { grantTo } from './granting.ts'
import type { Settings } from './props.ts'

/** CDK's name of it. */
const LOGS_BY_POLICY = '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy'
/** Who read what is asked within weeks or never. */
const ACCESS_LOGS_KEPT_DAYS = 90
/** Its process was removed: of the days that S3 can wait, one is the least. */
const TAGGED = { tagFilters: { [EXPIRY_TAG.key]: EXPIRY_TAG.value }, expiration: Duration.days(1) }
/** An upload that never ended costs storage until it is aborted. */
const UPLOAD_ABORTED_AFTER_DAYS = 1

/**
 * Values over 350 KB. Nothing deletes them but the bucket's lifecycle: it removes what the status-event function has tagged, once the
 * process is removed. An age alone would take the values of processes that are parked for longer.
 */
export class PayloadBucket extends Construct {
  readonly bucket: Bucket
  readonly accessLogs: Bucket

  constructor(
    scope: Construct,
    id: string,
    {
      keepData,
      payloadExpiryDays,
      encryptionKey,
      statusEvents,
    }: Pick<Settings, 'keepData' | 'payloadExpiryDays' | 'encryptionKey' | 'statusEvents'>,
  ) {
    super(scope, id)
    // Access logs are delivered by the bucket's policy. An app without CDK's feature flag would get an ACL instead, which the
    // bucket refuses.
    this.node.setContext(LOGS_BY_POLICY, true)
    const shut = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    } as const satisfies BucketProps
    this.accessLogs = new Bucket(this, 'AccessLogs', {
      ...shut,
      // Deliveries of access logs know no other.
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [{ expiration: Duration.days(ACCESS_LOGS_KEPT_DAYS) }],
    })
    this.bucket = new Bucket(this, 'Payloads', {
      ...shut,
      ...(encryptionKey === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }),
      serverAccessLogsBucket: this.accessLogs,
      // S3 takes no rule that names a tag and ends uploads.
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(UPLOAD_ABORTED_AFTER_DAYS) },
        ...(statusEvents ? [TAGGED] : []),
        ...(payloadExpiryDays === undefined ? [] : [{ expiration: Duration.days(payloadExpiryDays) }]),
      ],
    })
  }

  /** Objects are found by their process and tagged. Their values are neither read nor written. */
  grantRelease(grantee: IGrantable): Grant {
    return grantTo(this, {
      grantee,
      actions: ['s3:PutObjectTagging', 's3:DeleteObjectTagging'],
      resourceArns: [this.bucket.arnForObjects('*')],
    }).combine(this.#grantList(grantee))
  }

  #grantList(grantee: IGrantable): Grant {
    return grantTo(this, {
      grantee,
      actions: ['s3:ListBucket'],
      resourceArns: [this.bucket.bucketArn],
    })
  }

  /** As the template has it. */
  get logicalId(): string {
    return Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket)
  }

  /**
   * Objects are put and read, by their whole key; none is deleted. To list is asked for one reason: without that right S3
   * answers 403 for an object that is gone, and not 404. A key of one's own is used by way of S3 only.
   */
  grantUse(grantee: IGrantable): Grant {
    const { encryptionKey } = this.bucket
    const grant = grantTo(this, {
      grantee,
      actions: ['s3:GetObject', 's3:PutObject'],
      resourceArns: [this.bucket.arnForObjects('*')],
    }).combine(this.#grantList(grantee))
    if (encryptionKey === undefined) return grant
    return grant.combine(
      grantTo(this, {
        grantee,
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resourceArns: [encryptionKey.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.${Aws.URL_SUFFIX}` } },
      }),
    )
  }
}
