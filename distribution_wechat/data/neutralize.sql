-- A copy for tests must not speak for the merchant, nor listen for it.
UPDATE distribution_wechat_account
   SET app_secret_encrypted = NULL,
       app_secret_masked = NULL,
       token_encrypted = NULL,
       token_masked = NULL,
       aes_key_encrypted = NULL,
       aes_key_masked = NULL,
       aes_key_old_encrypted = NULL,
       aes_key_old_masked = NULL,
       connected_at = NULL,
       webhook_token = md5(random()::text) || md5(random()::text);
UPDATE distribution_wechat_notice
   SET state = 'failed',
       next_try_at = NULL
 WHERE state = 'waiting';
UPDATE distribution_wechat_token
   SET value_encrypted = NULL,
       value_masked = NULL,
       expires_at = NULL;
UPDATE distribution_wechat_merchant
   SET private_key_encrypted = NULL,
       private_key_masked = NULL,
       apiv3_key_encrypted = NULL,
       apiv3_key_masked = NULL,
       connected_at = NULL,
       webhook_token = md5(random()::text) || md5(random()::text);
