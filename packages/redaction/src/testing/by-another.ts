import { readLines, type Spelling, toSpelling } from './spellings.ts';

/** Spellings by somebody who had not read the finders, of tools the other lists do not have. */
export const SPELLINGS_BY_ANOTHER: readonly Spelling[] = readLines(String.raw`
aws configure set aws_secret_access_key «{mix40}» --profile prod
aws rds create-db-instance --master-username admin --master-user-password «Tr0ub4dor!x» --engine mysql
aws secretsmanager put-secret-value --secret-id db --secret-string «kw9Zq-plonk»
aws ssm put-parameter --name /app/db --type SecureString --value «kw9Zq-plonk» --overwrite
aws cognito-idp admin-set-user-password --user-pool-id eu-1 --username bob --password «Passw0rd-x9» --permanent
gcloud sql users set-password root --host=% --instance=prod --password=«mag1cword»
gcloud secrets create db --data-file=- <<< «mag1cword99»
az login --service-principal -u 0aa8 -p «qX8~Zr.kkk_1» --tenant contoso
az storage blob list --account-name acme --account-key «{mix86}==» -c x
az keyvault secret set --vault-name kv --name db --value «mag1cword99»
az sql server create -n s -g g -u adm --admin-password «mag1cword99» -l we
az acr login -n acme -u bob -p «mag1cword99»
docker login -u bob -p «d0ckerPw99» registry.example.org
echo «d0ckerPw99» | docker login -u bob --password-stdin
docker run -e MYSQL_ROOT_PASSWORD=«r00tpw77» -d mysql
docker run --env POSTGRES_PASSWORD=«r00tpw77» -p 5432:5432 postgres
docker build --build-arg NPM_TOKEN=«npm0aaabbb» .
kubectl create secret generic db --from-literal=password=«k8sSecr3t» --from-literal=user=bob
kubectl create secret docker-registry r --docker-username=bob --docker-password=«k8sSecr3t» --docker-email=a@b.c
kubectl --token=«{mix30}» get pods
kubectl config set-credentials bob --username=bob --password=«k8sSecr3t»
kubectl get secret db -o json; printf 'password: %s' «k8sSecr3t9»
helm install db bitnami/postgresql --set auth.postgresPassword=«he1mPw»,auth.database=shop
helm upgrade a b --set-string global.redis.password=«he1mPw99» --wait
helm repo add acme https://c.example.org --username bob --password «he1mPw99»
terraform apply -var 'db_password=«t3rraPw»' -auto-approve
terraform apply -var="api_token=«t3rraPw»"
TF_VAR_db_password=«t3rraPw» terraform plan
ansible-playbook site.yml -e "ansible_become_pass=«ans1blePw»"
ansible-playbook site.yml --extra-vars '{"db_password":"«ans1blePw»"}'
ansible all -m user -a "name=bob password=«ans1blePw»"
ansible all -e ansible_ssh_pass=«ans1blePw» -m ping
vault kv put secret/db password=«vau1tPw» user=bob
vault login «hvs.{mix24}»
vault login -method=userpass username=bob password=«vau1tPw»
VAULT_TOKEN=«hvs.{mix90}» vault status
vault write auth/approle/login role_id=x secret_id=«{uuid}»
vault operator unseal «{mix44}»
PGPASSWORD=«pgPw77x» psql -h db -U bob shop
psql "host=db user=bob password=«pgPw77x» dbname=shop"
psql "postgresql://bob:«pgPw77x»@db/shop?sslmode=require"
mysql -u root -p«mySq1Pw» shop
mysql -uroot -p'«mySq1 Pw»' -e 'select 1'
mysqldump --user=root --password=«mySq1Pw» shop > a.sql
mysql -e "CREATE USER 'bob'@'%' IDENTIFIED BY '«mySq1Pw»'"
mysql -e "SET PASSWORD FOR 'bob'@'%' = PASSWORD('«mySq1Pw»')"
mysql -e "ALTER USER bob IDENTIFIED WITH mysql_native_password BY '«mySq1Pw»'"
mysqladmin -u root password «mySq1Pw»
redis-cli -a «r3disPw» -h cache ping
redis-cli -u redis://default:«r3disPw»@cache:6379/0
redis-cli --user app --pass «r3disPw» ping
redis-cli AUTH «r3disPw»
redis-cli CONFIG SET requirepass «r3disPw»
redis-cli ACL SETUSER app on '>«r3disPw»' ~* +@all
sqlcmd -S db -U sa -P '«Sq1cmd!Pw»' -Q 'select 1'
sqlplus scott/«t1gerPw»@orcl
mongodump --uri "mongodb+srv://bob:«m0ngoPw»@c.example.net/shop?retryWrites=true"
mongo admin --eval 'db.createUser({user:"bob",pwd:"«m0ngoPw»",roles:[]})'
influx -username bob -password «inf1uxPw» -execute 'show databases'
clickhouse-client --user bob --password «c1ickPw» -q 'select 1'
cqlsh -u cassandra -p «cassPw99» db
ldapsearch -x -D cn=admin,dc=x -w «1dapPw» -b dc=x
neo4j-admin dbms set-initial-password «ne04jPw»
cypher-shell -u neo4j -p «ne04jPw» 'match (n) return n'
rabbitmqctl add_user bob «rabb1tPw»
rabbitmqctl change_password bob «rabb1tPw»
openssl enc -aes-256-cbc -salt -in a -out b -k «0penPw99»
openssl enc -d -aes-256-cbc -in b -pass pass:«0penPw99»
openssl pkcs12 -export -in c.pem -passout pass:«0penPw99» -out a.p12
openssl rsa -in k.pem -passin 'pass:«0penPw99»' -out k2.pem
openssl passwd -6 «0penPw99»
gpg --batch --passphrase «gpgPw99x» -c a.txt
echo «gpgPw99x» | gpg --batch --passphrase-fd 0 -d a.gpg
ssh-keygen -t ed25519 -N '«sshPw99x»' -f id
ssh-keygen -p -P «oldPw99x» -N «newPw99x» -f id
sshpass -p «sshPw99x» ssh bob@host uptime
sshpass -p'«sshPw99x»' scp a bob@h:
SSHPASS=«sshPw99x» sshpass -e ssh bob@host
zip -P «zipPw99x» a.zip b
unzip -P «zipPw99x» a.zip
7z x -p«sevenPw9» a.7z
7z a -p"«seven Pw9»" -mhe=on a.7z b
unrar x -p«rarPw99x» a.rar
rar a -hp«rarPw99x» a.rar b
restic -r /b --password-command 'echo «rest1cPw»' snapshots
RESTIC_PASSWORD=«rest1cPw» restic -r sftp:bob@h:/b init
export BORG_PASSPHRASE='«b0rg pass phrase»'; borg list r
cryptsetup luksOpen /dev/sda1 x <<< "«1uksPw99»"
echo -n '«1uksPw99»' | cryptsetup open /dev/sda1 x -
htpasswd -b .htpasswd bob «htPw99xx»
htpasswd -nbB bob «htPw99xx»
echo 'bob:«chPw99xx»' | chpasswd
chpasswd <<< "bob:«chPw99xx»"
echo «chPw99xx» | passwd --stdin bob
usermod -p '«$6§{mix8}§{mix60}»' bob
useradd -m -p «us3rPw99» bob
echo -e "«smbPw99x»\n«smbPw99x»" | smbpasswd -a -s bob
smbclient //srv/share -U bob%«smbPw99x» -c ls
mount -t cifs //srv/x /m -o username=bob,password=«c1fsPw99»,uid=1000
xfreerdp /u:bob /p:«rdpPw99x» /v:host
lftp -u bob,«1ftpPw99» ftp.example.org
lftp -e 'open -u bob,«1ftpPw99» ftp.example.org'
ncftpput -u bob -p «nc1ftpPw» h /d a
expect -c 'spawn ssh bob@h; expect "assword:"; send "«expPw99x»\r"; interact'
curl -H "Authorization: Bearer «{mix32}»" https://api.example.org
curl -H 'authorization: bearer «{mix32}»' https://api.example.org
curl -H "AUTHORIZATION: Token «{mix32}»" https://x.org
curl --header="X-Api-Key:«{mix20}»" https://x.org
curl -H "Authorization: Basic «Ym9iOmh1bnRlcjIy»" https://x.org
curl -H "PRIVATE-TOKEN: «g1tlabPw9»" https://gitlab.example.org/api/v4
curl -H "X-Vault-Token: «s.{mix24}»" http://v:8200/v1/x
curl -H 'Cookie: session=«{mix30}»; theme=dark' https://x.org
curl -b 'sessionid=«{mix30}»' https://x.org
curl --oauth2-bearer «{mix30}» https://x.org
curl --proxy-user bob:«pr0xyPw9» -x p:3128 https://x.org
curl -U bob:«pr0xyPw9» -x p:3128 https://x.org
curl -x http://bob:«pr0xyPw9»@p:3128 https://x.org
curl -F password=«f0rmPw99» -F user=bob https://x.org
curl -d 'user=bob&password=«f0rmPw99»&x=1' https://x.org/login
curl --data-urlencode 'pass=«f0rm Pw99»' https://x.org
curl --json '{"username":"bob","password":"«js0nPw\"99»"}' https://x.org
curl 'https://x.org/a?api_key=«{mix20}»&b=1'
curl "https://x.org/cb?code=abc&client_secret=«c1ientSec»&x=1"
curl "https://acc.blob.core.windows.net/c?sv=2020&sig=«{mix40}%3D»&se=1"
curl "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLX%2F2026&X-Amz-Signature=«{hex64}»"
curl --user bob:"«h4 rd»" https://x.org
curl --cert c.pem:«certPw99» https://x.org
curl -E ./c.p12:«certPw99» https://x.org
curl --key k.pem --pass «keyPw99x» https://x.org
curl -sSfLu 'bob:«pw99 xx»' https://x.org
wget --user=bob --password='«wg3tPw99»' https://x.org
wget --header='Authorization: Bearer «{mix30}»' https://x.org
wget --http-password=«wg3tPw99» --http-user=bob https://x.org
http -a bob:«httpPw99» GET https://x.org
http --auth-type=bearer --auth=«{mix24}» https://x.org
https x.org Authorization:"Bearer «{mix24}»"
http POST x.org/login username=bob password=«httpPw99»
http x.org X-API-Key:«{mix24}»
xh -A bearer -a «{mix24}» x.org
aria2c --http-user=bob --http-passwd=«ariaPw99» https://x.org
grpcurl -H 'authorization: Bearer «{mix24}»' h:443 list
websocat -H='Authorization: Bearer «{mix24}»' wss://x
git clone https://bob:«g1tPw99x»@github.com/a/b.git
git clone https://«ghp_{mix36}»@github.com/a/b.git
git clone https://oauth2:«glpat-{mix20}»@gitlab.com/a/b.git
git clone https://x-access-token:«g1tPw99x»@github.com/a/b
git remote set-url origin https://«{mix30}»@github.com/a/b.git
git -c http.extraHeader="Authorization: Basic «eDpnaHNfYWJjZGVm»" fetch
git config --global http.extraheader "PRIVATE-TOKEN: «g1tPw99x»"
git config user.password «g1tPw99x»
printf 'protocol=https\nhost=x.org\nusername=bob\npassword=«g1tPw99x»\n' | git credential approve
echo "https://bob:«g1tPw99x»@github.com" >> ~/.git-credentials
npm config set //npm.example.org/:_authToken «npm_{mix36}»
npm config set _auth «Ym9iOmh1bnRlcjIy»
echo "//r.example.org/:_authToken=«{uuid}»" > .npmrc
echo '//r.example.org/:_password=«aHVudGVyMjIy»' >> ~/.npmrc
npm publish --otp=«493201»
npm login --auth-type=legacy -- --password «npmPw99x»
yarn config set npmAuthToken «{uuid}»
pip install --index-url https://bob:«p1pPw99x»@pypi.example.org/simple x
pip config set global.index-url https://__token__:«pypi-{mix60}»@p.org/simple
twine upload -u __token__ -p «pypi-{mix60}» dist/*
TWINE_PASSWORD=«tw1nePw9» twine upload dist/*
poetry config pypi-token.x pypi-«{mix60}»
poetry config http-basic.acme bob «p0etryPw»
cargo login «cio{mix32}»
cargo publish --token «{mix32}»
gem push a.gem --key x; echo ':rubygems_api_key: rubygems_«{hex48}»' > ~/.gem/credentials
bundle config set --local gems.example.org bob:«bund1ePw»
composer config http-basic.repo.example.org bob «c0mposPw»
composer config --global github-oauth.github.com «ghp_{mix36}»
mvn deploy -Dpassword=«mvnPw99x» -DskipTests
gradle publish -PrepoPassword=«grad1ePw»
./gradlew build -Dsonar.login=«sqp_{hex40}» -Dsonar.host.url=http://s
sonar-scanner -Dsonar.token=«squ_{hex40}»
nuget sources Add -Name x -Source y -UserName bob -Password «q7Zk9Wxx»
dotnet nuget push a.nupkg -k «{mix30}» -s https://x
dotnet user-secrets set "Db:Password" "«d0tnetPw»"
gh auth login --with-token <<< «gho_{mix36}»
echo «ghp_{mix36}» | gh auth login --with-token
gh secret set NPM_TOKEN --body «npmTok99x»
gh secret set NPM_TOKEN -b"«npmTok99x»"
gh api -H "Authorization: token «{mix40}»" /user
glab auth login --hostname gl.example.org --token «g1abTok99»
glab variable set DB_PASSWORD «g1abTok99»
heroku config:set API_KEY=«her0kuK9» -a app
flyctl secrets set DATABASE_URL=postgres://u:«f1yPw99x»@h/db
fly secrets set STRIPE_SECRET=«f1yPw99x»
vercel deploy --token «{mix24}»
vercel env add DB_PASSWORD production <<< «q7Zk9Wxx»
echo «q7Zk9Wxx» | vercel env add DB_PASSWORD production
netlify env:set API_KEY «net1ifyK» --context production
netlify deploy --auth «{mix43}» --prod
wrangler secret put API_KEY <<< «q7Zk9Wxx»
echo "«q7Zk9Wxx»" | wrangler secret put API_KEY
doctl auth init -t «dop_v1_{hex64}»
doctl -t «{hex64}» compute droplet list
railway login --token «{uuid}»
pulumi config set --secret dbPassword «pu1umiPw»
pulumi config set dbPassword «pu1umiPw» --secret
op item create --category=login password=«0nepasPw»
bw unlock «masterPw99»
bw login bob@x.org «masterPw99»
pass insert -e web/x <<< «passPw99x»
echo «passPw99x» | pass insert -e web/x
security add-generic-password -a bob -s svc -w «keychPw9»
secret-tool store --label=x svc y <<< «q7Zk9Wxx»
ngrok config add-authtoken «{mix49}»
ngrok authtoken «{mix49}»
tailscale up --authkey=tskey-auth-«{mix12}-{mix32}»
tailscale up --auth-key tskey-auth-«{mix12}-{mix32}» --ssh
cloudflared tunnel run --token «eyJhIjoi{mix120}»
cloudflared service install «eyJhIjoi{mix120}»
openclaw onboard --anthropic-api-key «sk-ant-api03-{mix90}»
openclaw gateway --password «c1awPw99» --port 1
openclaw config set channels.mattermost.botToken «{low26}»
mmctl auth login https://m.example.org --access-token «{low26}»
mmctl user change-password bob --password «mmct1Pw9»
mosquitto_pub -u bob -P «mqttPw99» -t a -m 1
nmap --script-args 'smbuser=bob,smbpass=«nmapPw99»' h
hydra -l bob -p «q7Zk9Wxx» ssh://h
snmpwalk -v3 -u bob -A «authPw99» -X «privPw99» h
snmpget -v2c -c «c0mmun1ty» h sysDescr.0
ipmitool -H h -U root -P «ipm1Pw99» power status
wpa_passphrase HomeNet «wpaPw9999»
nmcli con modify HomeNet wifi-sec.psk «wpaPw9999»
iwctl --passphrase «wpaPw9999» station wlan0 connect Home
virt-customize --root-password password:«virtPw99» -a d.img
esptool x; idf.py -D WIFI_PASS=«esp32Pw9» build
jenkins-cli.jar -auth bob:«jenkPw99» list-jobs
java -jar jenkins-cli.jar -s http://j -auth bob:«{hex34}» list-jobs
argocd login h --username admin --password «arg0Pw99»
rclone config create r sftp host h user bob pass «rc1onePw»
rclone obscure «rc1onePw»
s3cmd --access_key=AKIAIOSFODNN7EXAMPLE --secret_key=«{mix40}» ls
mc alias set s3 https://x.org minio «min1oPw99»
mc config host add m http://h:9000 minioadmin «min1oPw99»
jq -n --arg password «jqPw99xx» '{password:$password}'
tokenless; setx API_KEY «setxKey9»
steamcmd +login bob «q7Zk9Wxx» +quit
svn co --username bob --password «svnPw99x» http://x
hg clone https://bob:«hgPw99xx»@x/r
p4 -u bob -P «p4Pw99xx» sync
fetchmail x; printf 'machine smtp.x.org\nlogin bob\npassword «q7Zk9Wxx»\n' > ~/.netrc
msmtp --passwordeval "echo «q7Zk9Wxx»" x
swaks --to a@b.c --auth-user bob --auth-password «q7Zk9Wxx» --server s
swaks -t a@b.c -au bob -ap «q7Zk9Wxx»
env -S 'DB_PASSWORD=«envSPw99» ./run'
env -i A=b TOKEN=«envSPw99» ./run
xargs -I{} mysql -u root -p«q7Zk9Wxx» -e {} < a
echo «q7Zk9Wxx» | xargs -I{} curl -u bob:{} x
bash -c "PASSWORD=«nestPw99» ./run"
bash -c 'bash -c "mysql -p\"«nestPw99»\" x"'
ssh bob@h "mysql -u root -p'«nestPw99»' shop"
ssh bob@h 'echo «sudoPw99» | sudo -S systemctl restart x'
docker exec db sh -c 'psql "postgresql://u:«nestPw99»@localhost/x"'
kubectl exec p -- env PGPASSWORD=«nestPw99» psql
eval "export TOKEN=«eva1Pw99»"
cat > .env <<EOF⏎USER=bob⏎DB_PASSWORD=«hereDoc9»⏎EOF
cat <<'X' > a.yml⏎user: bob⏎password: «hereDoc9»⏎host: db⏎X
tee a.json <<EOF⏎{"db": {"passphrase": "«hereDoc9»"}}⏎EOF
cat > a.toml <<-EOF⏎[db]⏎password = "«hereDoc9»"⏎EOF
read -s P <<< «readPw99»; export P
export AWS_SESSION_TOKEN="«{mix200}»"
declare -x api_secret=«dec1Pw99»
set -x GITHUB_TOKEN «fishTok9»
set -gx DB_PASSWORD «fishTok9»
setenv DB_PASSWORD «cshPw99x»
sed -i 's/^DB_PASSWORD=.*/DB_PASSWORD=«sedPw99x»/' .env
echo "DB_PASSWORD=«echoPw99»" >> .env
python -c "import os; os.environ['API_KEY']='«pyKey999»'"
python3 -c 'requests.get(u, auth=("bob","«pyPw99xx»"))'
python3 -c 'connect(user="bob", password="«pyPw99xx»")'
node -e 'process.env.TOKEN="«nodeTok9»"; run()'
node -e 'new Client({ password: "«nodePw99»", host: "x" })'
php -r '$password = "«phpPw99x»";'
ruby -e 'ENV["SECRET_KEY"] = "«rubyPw99»"'
perl -e 'my $pass = q(«per1Pw99»);'
go run . -db-password «goPw99xx» -v
$env:DB_PASSWORD = '«psPw99xx»'
$env:API_KEY="«psKey99x»"; ./run.ps1
ConvertTo-SecureString '«psPw99xx»' -AsPlainText -Force
ConvertTo-SecureString -String "«psPw99xx»" -AsPlainText -Force
New-Object System.Management.Automation.PSCredential('bob', (ConvertTo-SecureString '«psPw99xx»' -AsPlainText -Force))
Connect-Thing -Credential x -Password «psPw99xx»
Invoke-RestMethod -Uri https://x.org -Headers @{ Authorization = "Bearer «{mix30}»" }
Invoke-RestMethod -Headers @{'X-Api-Key'='«{mix20}»'} https://x.org
[Environment]::SetEnvironmentVariable('DB_PASSWORD','«psPw99xx»','User')
set DB_PASSWORD=«cmdPw99x»&& run.exe
set "DB_PASSWORD=«cmd Pw99»" && run.exe
net user bob «netPw99x» /add
net use Z: \\srv\share «netPw99x» /user:bob
cmdkey /add:srv /user:bob /pass:«cmdkPw99»
psexec \\h -u bob -p «psexPw99» cmd
schtasks /create /tn x /ru bob /rp «schPw99x» /tr a
runas x; plink -pw «p1inkPw9» bob@h ls
pscp -pw «p1inkPw9» a bob@h:
wmic /node:h /user:bob /password:«wmicPw99» process list
"password" : "«p1ecePw9»"
{'api_key': '«p1eceKey»', 'b': 1}
{\"password\":\"«escPw999»\",\"a\":1}
password: '«yamlPw99»'
password: >-⏎  «fo1dedPw99»⏎user: x
db:⏎  password: |⏎    «b1ockPw99»⏎  user: bob
stringData:⏎  password: «yamlPw99»⏎  user: bob
data:⏎  password: «aHVudGVyMjIyMg==»⏎
- name: DB_PASSWORD⏎  value: «k8sEnv99»⏎- name: A⏎  value: b
{"name":"DB_PASSWORD","value":"«k8sEnv99»"}
[{"key":"API_TOKEN","value":"«k8sEnv99»"}]
<add key="Password" value="«xm1Pw999»"/>
<password>«xm1Pw999»</password>
<property name="hibernate.connection.password">«xm1Pw999»</property>
Server=db;Database=x;User Id=sa;Password=«c0nnPw99»;Encrypt=true
DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=«{mix86}==»;EndpointSuffix=core.windows.net
Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=«{mix43}=»
HostName=x.azure-devices.net;DeviceId=d;SharedAccessKey=«{mix43}=»
amqp://guest:«amqpPw99»@mq:5672/vhost
amqps://bob:«am/qp@Pw»@mq/vh
mongodb://bob:«m0ng0Pw9»@h1:27017,h2:27017/shop?replicaSet=r
redis://:«q7Zk9Wxx»@cache:6379
rediss://default:«q7Zk9Wxx»@cache:6379/0
smtp://bob%40x.org:«smtpPw99»@mail:587
ftp://bob:«ftpPw99x»@h/a
jdbc:mysql://db/shop?user=bob&password=«jdbcPw99»&useSSL=false
jdbc:oracle:thin:bob/«jdbcPw99»@//db:1521/x
jdbc:sqlserver://db;user=sa;password={«jdb;cPw9»};encrypt=true
ldap.bind_password = «iniPw99x»
[client]⏎user=root⏎password=«iniPw99x»
spring.datasource.password=«propPw99»
requirepass «redisPw99»
token_abc: x; x-auth-token: «{mix20}»
Proxy-Authorization: basic «Ym9iOmh1bnRlcjIy»
Authorization: Digest username="bob", response="«{hex32}»"
Set-Cookie: sid=«{mix32}»; HttpOnly; Path=/
WWW x Authorization: ApiKey «{mix24}»
Authorization: AWS4-HMAC-SHA256 Credential=AKIA/2026/x, Signature=«{hex64}»
INSERT INTO users (name, password) VALUES ('bob', '«sq1Pw999»')
UPDATE users SET password='«sq1Pw999»' WHERE id=1
CREATE ROLE bob LOGIN ENCRYPTED PASSWORD '«sq1Pw999»'
CREATE LOGIN bob WITH PASSWORD = N'«sq1Pw999»'
GRANT ALL ON x.* TO bob@localhost IDENTIFIED BY '«sq1Pw999»'
SELECT dblink_connect('host=h user=bob password=«sq1Pw999»')
CREATE USER MAPPING FOR bob SERVER s OPTIONS (user 'bob', password '«sq1Pw999»')
ATTACH DATABASE 'x.db' AS e KEY '«sq1Pw999»'
PRAGMA key = '«sq1Pw999»'
the token is eyJhbGciOiJIUzI1NiJ9.«eyJzdWIiOiIxMjM0NTY3ODkwIn0.{mix43}»
-----BEGIN OPENSSH PRIVATE KEY-----⏎«{mix70}»⏎-----END OPENSSH PRIVATE KEY-----
-----BEGIN RSA PRIVATE KEY-----\n«{mix64}»\n-----END RSA PRIVATE KEY-----
AGE: «AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE»
PuTTY-User-Key-File-3: ssh-rsa⏎Private-Lines: 1⏎«{mix64}»⏎Private-MAC: x
bot«123456789:AA{mix33}»/sendMessage
xoxb-«123456789012-123456789012-{mix24}»
https://hooks.slack.com/services/T00000000/B00000000/«{mix24}»
https://discord.com/api/webhooks/123456789012345678/«{mix68}»
https://m.example.org/hooks/«{low26}»
https://outlook.office.com/webhook/a@b/IncomingWebhook/«{hex32}»/c
gsk_«{mix52}» is it
use hf_«{mix34}» now
key r8_«{mix37}»
xai-«{mix80}» x
fc-«{hex32}» x
pplx-«{mix48}»
sk-proj-«{mix60}» x
sk-or-v1-«{hex64}»
AIzaSy«{mix33}»
ya29.«{mix100}»
re_«{mix8}_{mix24}»
whsec_«{mix32}»
rk_live_«{mix24}»
SG.«{mix22}.{mix43}»
key-«{hex32}» mailgun
phc_«{mix43}»
dapi«{hex32}»
shpat_«{hex32}»
secret_«{mix43}» notion
ntn_«{mix46}»
lin_api_«{mix40}»
figd_«{mix40}»
glsa_«{mix32}_{hex8}»
EAACEdEose0cBA«{mix60}»
pat-na1-«{uuid}»
see «{mix14}.atlasv1.{mix60}»
dckr_pat_«{mix27}»
CFPAT-«{mix43}»
PMAK-«{hex24}-{hex34}»
nvapi-«{mix64}»
sntrys_«{mix60}»
v1.0-«{hex24}-{hex80}»
Password for bob is «saidPw99»
password=>"«hashPw99»"
Your new password: «saidPw99»
passwd:«saidPw99»
Temporary password: «tmp!Pw99»
API key (prod): «{mix32}»
the api key is «{mix32}»
client-secret → «{mix32}»
aws --profile x sts assume-role-with-web-identity --web-identity-token «eyJhbGciOi.{mix40}.{mix40}»
aws iam create-login-profile --user-name bob --password '«Zx9#kkQ!»' --no-password-reset-required
AWS_ACCESS_KEY_ID=AKIAZZZZZZZZZZZZZZZZ AWS_SECRET_ACCESS_KEY='«{mix40}»' aws s3 ls
gcloud auth activate-service-account --key-file=- <<< '{"private_key_id":"{hex40}","private_key":"-----BEGIN PRIVATE KEY-----\n«{mix64}»\n-----END PRIVATE KEY-----\n"}'
az ad sp create-for-rbac --password «Zx9kkQ8w» -n x
az webapp config appsettings set -n a -g b --settings DB_PASSWORD=«Zx9kkQ8w» A=b
docker exec -e PGPASSWORD=«Zx9kkQ8w» db psql -U postgres
docker run -eREDIS_PASSWORD=«Zx9kkQ8w» redis
docker compose run --rm -e "API_TOKEN=«Zx9kkQ8w»" web
podman login --username=bob --password=«Zx9kkQ8w» quay.io
kubectl patch secret db -p '{"stringData":{"password":"«Zx9kkQ8w»"}}'
kubectl patch secret db -p='{"data":{"token":"«Wng5a2tROHdsb25n»"}}'
kubectl run x --image=mysql --env="MYSQL_ROOT_PASSWORD=«Zx9kkQ8w»"
helm install x y --set-json 'auth={"password":"«Zx9kkQ8w»"}'
terraform login <<< «Zx9kkQ8wAAbb»
export TF_VAR_token="«Zx9kkQ8w»" && terraform apply
ansible-vault encrypt_string '«Zx9kkQ8w»' --name db_password
ansible h -b -K -e '{"ansible_become_password": "«Zx9kkQ8w»"}' -m ping
vault write database/config/pg username=app password="«Zx9 kkQ8w»" plugin_name=x
curl -X POST -d '{"role_id":"x","secret_id":"«{uuid}»"}' $VAULT_ADDR/v1/auth/approle/login
psql -h db -U app -v pw="'«Zx9kkQ8w»'" -c "alter role app password :pw"
psql 'postgres://app@db/shop?password=«Zx9kkQ8w»&sslmode=require'
createuser bob; psql -c "alter user bob password '«Zx9kkQ8w»';"
mysql --login-path=x --password='«Zx9kkQ8w»' -e "show tables"
MYSQL_PWD='«Zx9kkQ8w»' mysqldump -u root shop | gzip > a.gz
mysql <<< "CREATE USER app IDENTIFIED BY '«Zx9kkQ8w»';"
mysql <<EOF⏎ALTER USER 'root'@'localhost' IDENTIFIED BY '«Zx9kkQ8w»';⏎FLUSH PRIVILEGES;⏎EOF
redis-cli -h c -a'«Zx9kkQ8w»' info
REDISCLI_AUTH=«Zx9kkQ8w» redis-cli ping
redis-cli -h c HELLO 3 AUTH default «Zx9kkQ8w»
mongosh "mongodb://h/admin" --username root --password «Zx9kkQ8w» --eval 'db.stats()'
mongosh -u=root -p=«Zx9kkQ8w»
cqlsh h -u c -p '«Zx9kkQ8w»'
openssl pkcs12 -in a.p12 -passin "pass:«Zx9 kkQ8w»" -nodes
openssl req -x509 -newkey rsa:2048 -passout pass:«Zx9kkQ8w» -subj /CN=x
openssl enc -aes256 -pbkdf2 -k "«Zx9 kkQ8w»" -in a
openssl dgst -sha256 -hmac "«Zx9kkQ8w»" a.txt
openssl enc -aes-128-cbc -K «{hex32}» -iv 00 -in a
ssh -o PasswordAuthentication=yes bob@h; sshpass -p "«Zx9kkQ8w»" ssh -o StrictHostKeyChecking=no bob@h ls
sshpass -p«Zx9kkQ8w» rsync -a x bob@h:/y
curl -sS -u 'bob:«Zx9kkQ8w»' -X DELETE https://x.org/a
curl --user $USER:«Zx9kkQ8w» https://x.org
curl -H"X-Auth-Token:«Zx9kkQ8wAAbb»" https://x.org
curl -H 'x-goog-api-key: «{mix39}»' https://x.org
curl -H "aUtHoRiZaTiOn: bEaReR «{mix30}»" https://x.org
curl -H "Authorization: Basic $(echo -n bob:«Zx9kkQ8w» | base64)" https://x.org
curl -H @- https://x.org <<< "Authorization: Bearer «{mix30}»"
curl -K - <<< 'user = "bob:«Zx9kkQ8w»"'
curl --data-binary '{"auth":{"identity":{"password":{"user":{"name":"x","password":"«Zx9kkQ8w»"}}}}}' https://x.org
curl -d@- https://x.org <<EOF⏎{"username":"bob","password":"«Zx9kkQ8w»"}⏎EOF
curl "https://bob:«Zx9%24kkQ»@x.org/a"
curl -G https://x.org --data-urlencode "access_token=«{mix20}»" -d q=1
wget "https://x.org/?apikey=«{mix20}»" -O a
wget --post-data="login=bob&pass=«Zx9kkQ8w»" https://x.org
http --session=x -a bob:'«Zx9 kkQ8w»' x.org
http POST :3000/login password:='"«Zx9kkQ8w»"'
git push https://bob:«Zx9kkQ8w»@h.org/a.git HEAD:main
git -c "http.https://x.org/.extraheader=AUTHORIZATION: bearer «{mix30}»" fetch
GIT_ASKPASS='echo «Zx9kkQ8w»' git pull
git credential approve <<< $'host=x.org\nusername=bob\npassword=«Zx9kkQ8w»'
npm config set "//npm.x.org/:_authToken=«{mix30}»"
npm config set '//npm.x.org/:_password' "«Wng5a2tROHdsb25n»"
npm set //npm.x.org/:_authToken=«{mix30}»
NPM_CONFIG__AUTH=«Ym9iOlp4OWtrUTh3» npm i
pip install git+https://«{mix36}»@github.com/a/b.git
pip install --extra-index-url "https://u:«Zx9kkQ8w»@x.org/simple" a
uv publish --token «pypi-{mix60}»
gh secret set DB --body='«Zx9kkQ8w»' --repo a/b
gh variable list; GH_TOKEN=«gho_{mix36}» gh pr list
glab auth login --token=«Zx9kkQ8w» --hostname x
glab api -H "PRIVATE-TOKEN: «Zx9kkQ8w»" /projects
Write-Host x; $cred = New-Object PSCredential("bob", ("«Zx9kkQ8w»" | ConvertTo-SecureString -AsPlainText -Force))
$pw = ConvertTo-SecureString "«Zx9kkQ8w»" -AsPlainText
$Password = "«Zx9kkQ8w»"; Connect-X
Invoke-Sqlcmd -Username sa -Password "«Zx9kkQ8w»" -Query x
Set-Item Env:API_TOKEN "«Zx9kkQ8w»"
[System.Environment]::SetEnvironmentVariable("API_TOKEN", "«Zx9kkQ8w»")
cmd /c "set API_TOKEN=«Zx9kkQ8w»&& node a.js"
setx DB_PASSWORD "«Zx9 kkQ8w»" /M
reg add HKLM\x /v DefaultPassword /t REG_SZ /d «Zx9kkQ8w» /f
cat <<'EOF' | kubectl apply -f -⏎apiVersion: v1⏎kind: Secret⏎metadata:⏎  name: db⏎stringData:⏎  password: «Zx9kkQ8w»⏎  user: bob⏎EOF
cat <<EOF > /etc/app.ini⏎[db]⏎user = bob⏎pass = «Zx9kkQ8w»⏎EOF
cat >> .env <<-'END'⏎	STRIPE_KEY="«Zx9kkQ8wAAbb»"⏎	A=b⏎END
sudo tee /etc/wpa.conf <<EOF⏎network={⏎  ssid="home"⏎  psk="«Zx9 kkQ8w»"⏎}⏎EOF
env -S "API_TOKEN=«Zx9kkQ8w» A=b" node a.js
env -u X API_TOKEN=«Zx9kkQ8w» node a.js
printf '%s\n' «Zx9kkQ8w» | xargs -I % sshpass -p % ssh h
xargs -n1 curl -H 'X-Api-Key: «Zx9kkQ8w»' < urls
bash -lc 'curl -u "bob:«Zx9kkQ8w»" x | jq ".a"'
su - app -c "export DB_PASSWORD='«Zx9kkQ8w»'; ./run"
ssh h "docker login -u bob -p \"«Zx9kkQ8w»\" r.org"
tmux send-keys -t a 'export API_TOKEN=«Zx9kkQ8w»' Enter
nohup sh -c 'TOKEN="«Zx9kkQ8w»" ./run' &
(cd a && DB_PASSWORD=«Zx9kkQ8w» make)
if true; then export TOKEN=«Zx9kkQ8w»; fi
TOKEN=$(echo «Zx9kkQ8w») ./run
DB_PASSWORD=«Zx»"«9k»"'«kQ8w»' ./run
DB_PASSWORD=$'«Zx9kk\nQ8w»' ./run
{ "Db": { "ConnectionStrings": { "x": "Server=a;User=b;Pwd=«Zx9kkQ8w»;" } } }
ConnectionStrings__Default="Host=h;Username=u;Password=«Zx9kkQ8w»;Port=1"
DATABASE_URL=mysql2://u:«Zx9kkQ8w»@h:3306/d rails s
MONGO_URI='mongodb://u:«Zx9kk%40Q8w»@h/d?authSource=admin' node a
CELERY_BROKER_URL=amqp://u:«Zx9kkQ8w»@mq// celery
"SharedAccessSignature sr=x&sig=«{mix30}%3D»&se=1&skn=k"
smtp:⏎  host: x⏎  user: bob⏎  pass: «Zx9kkQ8w»
auth:⏎  token: "«Zx9kkQ8w»"⏎  kind: a
[[server]]⏎token = '«Zx9kkQ8w»'⏎name = "a"
db.password=«Zx9kkQ8w»⏎db.user=bob
<Password>⏎  «Zx9kkQ8w»⏎</Password>
<connectionStrings><add connectionString="Data Source=a;Password=«Zx9kkQ8w»;"/></connectionStrings>
<server><username>bob</username><password>«{Zx9kkQ8w=}»</password></server>
UPDATE accounts SET api_token = '«Zx9kkQ8w»', name = 'b' WHERE id = 1
INSERT INTO cfg (key, value) VALUES ('smtp_password', '«Zx9kkQ8w»')
insert into users values (1, 'bob', 'x'); alter user bob identified by «Zx9kkQ8w»
ALTER ROLE bob PASSWORD $$«Zx9kkQ8w»$$
CREATE SUBSCRIPTION s CONNECTION 'host=h password=«Zx9kkQ8w» user=b' PUBLICATION p
EXEC sp_addlogin 'bob', '«Zx9kkQ8w»'
my key is sk-«{mix48}», keep it
token=eyJhbGciOiJSUzI1NiJ9.«eyJpc3MiOiJ4In0.{mix86}»
Use the password «Zx9kkQ8w» to log in
login: bob / password: «Zx9kkQ8w»
user=bob pass=«Zx9kkQ8w» host=x
credentials: bob:«Zx9kkQ8w»
x-amz-security-token: «{mix60}»
ETCDCTL_USER=root:«Zx9kkQ8w» etcdctl get a
etcdctl --user root:«Zx9kkQ8w» get a
influx config create -n x -u http://h -o o -t «{mix86}==»
consul acl token read -token «{uuid}»
kinit bob <<< «Zx9kkQ8w»
vncpasswd -f <<< «Zx9kkQ8w» > ~/.vnc/passwd
x11vnc -passwd «Zx9kkQ8w» -forever
pdftk a.pdf output b.pdf user_pw «Zx9kkQ8w»
qpdf --encrypt «userPw12» «ownerPw12» 256 -- a b
qpdf --password=«Zx9kkQ8w» --decrypt a b
gs -sPDFPassword=«Zx9kkQ8w» a.pdf
age -d -i - a.age <<< AGE-SECRET-KEY-1«QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE»
wg set wg0 private-key <(echo «{mix43}=»)
PrivateKey = «{mix43}=»
PresharedKey = «{mix43}=»
ethkey x --private-key 0x«{hex64}»
telegram-send --token «123456789:AA{mix33}» hi
curl -kfsSLu bob:«q7Zk9Wxx» https://x.org -o a
curl -Lsubob:«q7Zk9Wxx» https://x.org
curl -su:«{mix40}» https://x.org
curl --user :«{mix40}» https://x.org
curl --user=:«{mix30}» https://x.org
git clone https://:«{mix30}»@x.org/a
http -ba bob:«q7Zk9Wxx» x.org
http --verify=no -a :«{mix30}» x.org
ab -A bob:«q7Zk9Wxx» -n 5 http://x/
curl -X GET -nsu "bob:«q7Zk9Wxx»" x
curl -iXPOST -ubob:«hunter2» x
curl -u"bob":"«q7Zk9Wxx»" x
curl -u 'dom\bob:«q7Zk9Wxx»' x
curl -u bob@x.org:«hunter2» x
curl -v -uadmin:«hunter23» x
svn ls --username=bob --password=«hunter2» x
siege -H "Authorization: Basic «Ym9iOmh1bnRlcjI=»" x
ALTER LOGIN sa WITH PASSWORD = '«q7Zk9Wxx»'
SET PASSWORD = '«q7Zk9Wxx»'
ALTER USER bob SET PASSWORD TO '«q7Zk9Wxx»'
ALTER USER bob IDENTIFIED BY "«q7Zk9Wxx»"
CREATE USER 'a'@'%' IDENTIFIED WITH caching_sha2_password BY '«q7Zk9Wxx»'
create user bob with encrypted password '«hunter2»'
CREATE DATABASE LINK l CONNECT TO u IDENTIFIED BY «q7Zk9Wxx»
username bob password 0 «q7Zk9Wxx»
enable secret 5 «$1$mERr$hx5rVt7rPNoS4wqbXKX7m0»
enable password «q7Zk9Wxx»
snmp-server community «q7Zk9Wxx» RO
wpa_passphrase=«q7Zk9Wxx»
sudo nmcli d wifi c Home password "«a b c 1»"
netsh wlan set profileparameter name=x keyMaterial=«q7Zk9Wxx»
iw dev wlan0 connect Home key 0:«q7Zk9Wxx»
login bob passwd «q7Zk9Wxx»
default login anonymous password «q7Zk9Wxx»
machine a login b⏎password «q7Zk9Wxx»
mount -o user=bob,pass=«q7Zk9Wxx» //a/b /m
mount.cifs //a/b /m -o credentials=/c,password=«q7Zk9Wxx»
echo "bob:«hunter2»" | sudo chpasswd
sshfs -o password_stdin bob@h:/ m <<< «hunter2»
ppp: user bob password «q7Zk9Wxx»
foocli -u app -p «hunter2» db
foocli -U app -P «hunter2» db
foo --user app -w «hunter2»
x -user app -pass «hunter2»
x -user=app -passwd=«hunter2»
tool connect -u app -p='«hunter2»'
tool -u app --pw «hunter2»
tool --username app --pass "«a b 1»"
keytool -genkey -keypass «hunter2» -storepass «hunter2b»
jarsigner -storepass «hunter2» a.jar k
tool -token «hunter2» x
tool --apitoken «hunter2»
tool --client-secret «hunter2» --x
tool --authToken=«hunter2» y
tool --passphrase:«hunter2» y
tool /password «hunter2» /x
tool /pwd:«hunter2»
airmon -psk «hunter2x9»
tool --psk «hunter2»
tool --cred bob:«hunter2»
tool --credentials "bob:«hunter2»"
cat <<< «hunter2» | sudo -S id
echo «hunter2» | tee /dev/null | sudo -S id
yes «hunter2» | passwd bob
(echo «hunter2»; echo «hunter2») | passwd bob
{ echo «hunter2»; } | sudo -S id
printf '«hunter2»\n' | sudo -S id
echo "«hunter2»"|su -c id bob
sudo -S <<< "«hunter2»" id
sudo -S id < <(echo «hunter2»)
sudo -p '' -S id <<<«hunter2»
echo «hunter2» | sudo --stdin id
echo «hunter2» | sudo -u bob -S id
echo '«hunter2»' | sudo -S -k -u root sh -c 'id'
ssh h "echo '«hunter2»' | sudo -S id"
echo -n «hunter2»|sudo -S -v
sudo -S id <<'E'⏎«hunter2»⏎E
su bob <<EOF⏎«hunter2»⏎id⏎EOF
kinit bob@X <<EOF⏎«hunter2»⏎EOF
passwd bob <<EOF⏎«hunter2»⏎«hunter2»⏎EOF
docker login -u b --password-stdin < <(printf %s «hunter2»)
echo $'«hunter2»' | sudo -S id
pw=«hunter2»; echo $pw | sudo -S id
gpg --passphrase-fd 3 3<<< «hunter2» -d a
ansible-vault view a --vault-password-file <(echo «hunter2»)
openssl enc -pass stdin -aes256 <<< «hunter2»
openssl rsa -passin file:<(echo «hunter2») -in k
PASSWORD="«a b»"«c1d» ./run
PASSWORD=«a\ bc9» ./run
{"pass": "«a\"b9xyz»", "u": 1}
https://u:«p@ss9x»@h.org/
mongodb://u:«p:w9xyz»@h/d
postgres://u:«pa#ss9»@h:5432/d
mysql://u:«p?a&s9»@h/d
Server=x;Password="«a;b9xyz»";X=1
Server=x;Pwd={«a}}b9x»};X=1
mysql -p'«a b»'«c9» x
DB_PASS=$'«it\'s9x»' ./run
password: "«a: b #c9»"
password: '«it''s9xyz»'
DB_PASSWORD="«multi⏎line9»" ./run
export P_TOKEN=«a=b==9xyz»
DB_PASSWORD=«!@#%^9xyz» ./run
DB_PASSWORD="«back‵tick9»" ./run
DB_PASSWORD="«dollar\$9xy»" ./run
DB_PASSWORD=«a,b,c9x»
-e DB_PASSWORD=«a:b/c9x» img
tool --password="«a 'b' c9»" z
tool --password '«a "b" c9»' z
tool --password «a\"b9xyz» z
tool --password=«a"b c"9xyz» z
PGPASSWORD='«p|w;9xyz»' psql
see «acme_live_{mix40}» x
see «zk-prod-{mix40}» x
see «tok_{hex40}» x
see «AKCp8{mix69}» x
see «xkeysib-{hex64}-{mix16}» x
see «dt0c01.QPZRY9X8GF2TVDW0S3JN54KH.QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L» x
see «NRAK-QPZRY9X8GF2TVDW0S3JN54KHCE6» x
see «ops_eyJ{mix200}» x
see «pul-{hex40}» x
see «rnd_{mix32}» x
see «sb_secret_{mix22}_{mix8}» x
see «ATATT3xFfGF0{mix170}» x
see «xoxe.xoxp-1-{mix140}» x
see «glrt-{mix20}» x
see «ghs_{mix36}» x
see «pk.eyJ{mix60}.{mix22}» x
see «FLWSECK-{hex32}-X» x
see «EZAK{mix54}» x
see «aio_{mix28}» x
see «vcp_{mix56}» x
see «sgp_{hex40}» x
see «jina_{hex32}{mix24}» x
see «tgp_v1_{mix43}» x
see «ctx7sk-{uuid}» x
see «e2b_{hex40}» x
see «csk-{mix48}» x
see «sk-kimi-{mix64}» x
see «bce-v3/ALTAK-{mix21}/{hex40}» x
see «AQ.Ab8{mix50}» x
see «cpk_{hex32}.{hex32}.{mix32}» x
see «BSA{mix28}» x
see «sk-cp-{mix100}» x
see «uk1-{mix40}» x
see «hfr_{mix34}» x
x «lsv2_sk_{hex32}_{hex10}» y
x «pcsk_{mix5}_{mix60}» y
x «nvapi-{mix20}-{mix40}» y
x «sk-lf-{uuid}», y
x «pk-lf-{uuid}» y
key «tvly-prod-{mix32}» y
`).map(toSpelling);

/** Commands and texts without a secret by the same person. */
export const ORDINARY_BY_ANOTHER: readonly string[] = readLines(String.raw`
git checkout {hex40}
git cherry-pick {hex12}..{hex12}
git log --format=%H --author=bob -n 5
git show {hex7}:src/token.ts
git diff --stat HEAD~3 -- packages/auth/password.ts
docker pull nginx@sha256:{hex64}
docker rm -f {hex12}
docker run -p 8080:80 -u 1000:1000 nginx
docker run --user bob:staff -p 80:80 x
docker compose -p shop up -d
docker run -v /a:/b -w /app node npm test
docker run -u node -p 3000:3000 -w /srv acme/web
podman run -u root -p 8080 x
curl -s https://api.example.org/v1/items/{uuid}
curl -o out.json -w '%{http_code}' https://x.org
curl -X POST -H 'Content-Type: application/json' -d '{"id":"{uuid}"}' x
curl -fsSL https://deb.nodesource.com/setup_22.x | bash -
curl -u "$USER:$TOKEN" https://x.org
curl -H "Authorization: Bearer $TOKEN" https://x.org
curl -H "Authorization: Bearer §{TOKEN}" https://x.org
curl -H 'X-Request-Id: {uuid}' x
curl -H 'If-None-Match: "{hex40}"' x
mkdir -p src/passwords/tokens
mkdir -p build/secret-scan
ssh -p 2222 bob@host uptime
scp -P 2222 a bob@host:/b
ssh -i ~/.ssh/id_ed25519 -p 22 -l bob host
scp -p -P 22 -i key.pem a b@h:
cp -p a b
cp -rp secrets.example.yml secrets.yml
rsync -avzP -e 'ssh -p 2222' a/ b@h:c/
ps -u bob -p 1234 -o pid,args
ps aux | grep -w token
netstat -tlnp
ss -tlnp
lsof -u bob -p 123
nc -u -p 5353 host 53
nmap -p 22,80 -u host
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
kill -9 $(pgrep -u bob -f node)
pgrep -u bob -P 1
tar -xpf a.tar -C /x
psql -U bob -p 5432 -h db -w shop
psql -h db -U bob -c 'select password_hash from users limit 1'
mysql -u root -p shop < dump.sql
mysql -u root -P 3306 shop
redis-cli -p 6380 -n 2 get token:bob
pg_dump -U bob -p 5433 -W shop
npm test -- --reporter=dot
tests passed: 412
pass=1 fail=0
12 passed, 0 failed
PASS src/auth/password.test.ts
token count: 4096
max_tokens=4096
tokens: 12345 in, 678 out
{"usage":{"input_tokens":123,"output_tokens":45}}
maxTokens: 8192
tokenizer=cl100k_base
--max-tokens 2048
--token-limit 100
secretName: db-credentials
secretKeyRef:⏎  name: db⏎  key: password
imagePullSecrets:⏎- name: regcred
kubectl get secret db -o yaml
kubectl delete secret regcred
kubectl create secret generic db --from-file=password=./pw.txt
kubectl get pods -l app=auth -n prod
kubectl describe secret/db-password
kubectl logs deploy/token-service -p
sort -t, -k 2,2 -k1n a.csv
sort -k3 -u tokens.txt
cut -d: -f1 /etc/passwd
grep -n 'password' src/*.ts
grep -rn "api_key" . --include=*.py
rg -n 'token' packages/auth
rg --files -g '*secret*'
grep -c PASS test.log
awk -F: '{print $1}' /etc/passwd
cat /run/secrets/db_password
ls -la ~/.ssh/id_rsa.pub
chmod 600 ~/.ssh/id_rsa
openssl x509 -in cert.pem -noout -fingerprint
openssl rand -base64 32
openssl req -new -key k.pem -out c.csr -subj /CN=x
ssh-keygen -lf key.pub
ssh-keygen -t ed25519 -N '' -f id
sha256sum a.tar.gz
{hex64}  a.tar.gz
md5: {hex32}
integrity sha512-e21peDY0fQ==
etag: "{hex32}"
commit {hex40}
key=value
keys: [a, b]
sort_key: created_at
primary key (id)
foreign key (user_id) references users(id)
CREATE TABLE users (id int primary key, password text not null)
SELECT id, token_count FROM usage WHERE key = 'abc'
ALTER TABLE users ADD COLUMN password_hash varchar(255)
ALTER TABLE users DROP COLUMN password
color: #a1b2c3
background: #ff00aa80
.token { color: #d73a49 }
<img src="data:image/png;base64,e21peDYwfQ==">
data:font/woff2;base64,e21peDEyMH0=
background-image: url(data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciPjwvc3ZnPg==)
export PATH=$PATH:/usr/local/bin
export NODE_ENV=production
GIT_PAGER=cat git log
PASSWORD_FILE=/run/secrets/pw ./run
PGPASSFILE=~/.pgpass psql
SSH_AUTH_SOCK=/tmp/agent.sock ssh-add -l
TOKEN_URL=https://x.org/oauth/token node a.js
DB_PASSWORD= ./run
unset GITHUB_TOKEN
echo $GITHUB_TOKEN | wc -c
echo "§{#API_KEY}"
test -n "$DB_PASSWORD" && echo set
[ -z "$TOKEN" ] && exit 1
docker run -e DB_PASSWORD -d x
docker run --env-file .env x
read -sp "Password: " pw
gh auth token
gh auth status
gh secret list
gh secret set NPM_TOKEN < token.txt
gh run view 1234567890 --log-failed
gh pr view 12 --json title,body
npm config get registry
npm token list
npm install passport jsonwebtoken
npm i bcrypt@5.1.1 keytar
pip install python-jose[cryptography] passlib
yarn add @types/jsonwebtoken -D
aws secretsmanager get-secret-value --secret-id prod/db --query SecretString
aws ssm get-parameter --name /app/db/password --with-decryption
aws s3 cp a s3://bucket/key/path --region eu-central-1
aws kms encrypt --key-id {uuid} --plaintext fileb://a
aws ec2 describe-instances --instance-ids i-{hex17}
aws ec2 create-key-pair --key-name dev
arn:aws:secretsmanager:eu-1:123456789012:secret:db-AbCdEf
gcloud secrets versions access latest --secret db
gcloud compute ssh vm-1 --zone europe-west1-b
az keyvault secret show --vault-name kv --name db
az account get-access-token --query expiresOn
vault kv get -field=password secret/db
vault token lookup
vault read auth/token/lookup-self
terraform output -raw db_password
terraform apply -var-file=secrets.tfvars
helm install db bitnami/postgresql --set auth.existingSecret=db
helm upgrade web ./chart --set image.tag={hex40}
ansible-playbook site.yml --ask-become-pass
ansible-vault view secrets.yml
ansible-playbook site.yml --vault-password-file ~/.vault
ls node_modules/.pnpm/@babel+core@7.24.0_{hex32}/node_modules
cat .next/static/chunks/pages/_app-{hex16}.js
open dist/assets/index-{mix8}.js
cat src/components/PasswordInput.tsx
vitest run src/tokens/access-token.test.ts -t 'refreshes the token'
pytest -k 'password and not token' -p no:cacheprovider
pytest -p xdist -n 4
python -m http.server -p 8000
make -j4 KEY=1
make test PASS=1
cmake -DUSE_TOKEN=ON ..
go test -run TestToken ./...
cargo test password::tests -- --nocapture
tsc -p tsconfig.json
node -p 'process.version'
patch -p1 < a.patch
perl -pe 's/a/b/' -i x
gcc -pthread -O2 a.c
ping -c 4 host
jq '.access_token | length' a.json
jq -r '.password' a.json
jq --arg key name '.[$key]' a.json
yq '.spec.tls.secretName' a.yml
sed -n '/password/p' a.conf
sed -i 's/password/passphrase/g' README.md
find . -name '*token*' -perm -u+r
find / -user bob -path '*secret*'
su - bob -c 'whoami'
sudo -u postgres psql -c 'select 1'
sudo -u bob -p
runuser -u bob -- ls
chown bob:bob /etc/x
id -u bob
last -w bob
w -u bob
top -u bob -p 123
xargs -P 4 -n 1 echo
parallel -j 4 -u echo
wget -P /tmp -q https://x.org/a.tgz
wget -O- https://x.org/{uuid}
unzip -p a.zip b.txt
zip -r a.zip secrets/
7z x a.7z -o/tmp/x
gpg --list-secret-keys
gpg --recv-keys {hex40}
apt-key adv --keyserver k.org --recv-keys {hex16}
git commit -m "Rotate token: use the new secret store"
git commit -m 'fix: password reset'
git push origin feature/api-token-rotation
git branch -D fix/password-reset-42
echo "Enter your password:"
echo 'Password must have 8 characters'
The password is wrong
Invalid token at line 3
Unexpected token '}' in JSON at position 42
SyntaxError: Unexpected token <
secret not found: db
No API key provided
error: token expired
login failed for user bob
password authentication failed for user "bob"
key not found: abc
expected token: string
session: agent:main:main
session id {uuid}
sessionKey=agent:main:mattermost:channel:{low26}
trace_id={hex32} span_id={hex16}
request id: req_{mix24}
msg_{mix24} toolu_{mix24} call_{mix24}
postgres://localhost:5432/shop
postgres://bob@db/shop
https://github.com/a/b/commit/{hex40}
https://m.example.org/team/pl/{low26}
https://x.org/a?page=2&sort=key&token_type=bearer
ssh://git@github.com/a/b.git
git@github.com:a/b.git
mailto:bob@example.org
user@host:~/dir$ ls
http://[::1]:8080/x
s3://bucket/a/b
s: 12:34:56
cron: 0 5 * * *
version: 1.2.3-beta.4+{hex7}
image: ghcr.io/a/b:{hex40}
uid=1000(bob) gid=1000(bob)
bob:x:1000:1000:Bob:/home/bob:/bin/bash
author: Bob <bob@example.org>
access: public
auth: none
auth: true
authType: token
credentials: include
"private": true
token: null
password: ""
password: null
secret: true
"apiKey": {"type":"string","description":"Your key"}
password: string;
const token: string = await getToken()
const password = process.env.DB_PASSWORD
if (password === other) return
function checkPassword(password: string): boolean {
def login(self, user, password=None):
token = request.headers.get("Authorization")
expect(token).toBe(other)
let key = keys[i]
for (const [key, value] of Object.entries(x))
map.set(key, value)
return { token, user }
password: hash(password)
type Secret = { name: string }
interface Token { kind: string; value: string }
pass
try: pass
if x: pass
--pass-with-no-tests
vitest --passWithNoTests
jest --passWithNoTests -u
ffmpeg -i a -pass 1 -an b
ffmpeg -y -i a.mp4 -c:v libx264 -pass 2 -passlogfile x b.mp4
compass: north
bypass=true
monkey=1
keyboard=us
hotkey: ctrl+k
turkey: 3
tokenize text.txt
authors: bob
passenger start -p 3000
passthrough: yes
pip download -p 3.9 -d x requests
ruff check --select S105,S106 -p x
semgrep --config p/secrets .
gitleaks detect --source . --no-git
trufflehog filesystem --directory .
helm list -n prod --selector owner=helm
systemctl restart token-service
journalctl -u ssh -p err -n 50
journalctl -u mattermost -p warning --since today
crontab -u bob -l
pm2 start a.js -u bob
gunicorn -u www -p /run/a.pid app
uwsgi --uid 33 -p 4
celery -A app worker -P solo -u x
locust -u 100 -r 1
ab -n 100 -c 10 -p body.json http://x/
tmux -u new -s a
openclaw sessions list --agent main
openclaw pairing approve mattermost ABCD1234
openclaw devices list
mattermost user token generate
mmctl token list bob
rclone copy a r:b -P -u
rsync -u -p a b
svn up -r 123 --username bob
ldapsearch -x -b dc=x -W uid=bob
ldapsearch -x -LLL uid=bob userPassword
mosquitto_sub -h b -p 1883 -u bob -t a
sqlite3 a.db '.schema tokens'
mongosh --port 27018 -u bob shop
mysqldump -u root -p shop users > a.sql
aws sts get-caller-identity --profile prod
aws iam list-access-keys --user-name bob
aws logs tail /aws/lambda/token-service --since 1h
aws s3 presign s3://b/k --expires-in 60
gcloud auth print-access-token --quiet
gcloud kms keys list --keyring k --location global
az ad sp list --display-name auth
az acr login --name acme
docker login ghcr.io
docker secret ls
docker secret inspect db_password
docker run -e TZ=UTC -p 80:80 -u 33 acme/auth:1.2
docker buildx build --secret id=npm,src=.npmrc .
docker tag {hex12} acme/auth:{hex7}
kubectl get secrets -A
kubectl rollout status deploy/auth
kubectl create token sa-name -n prod
kubectl auth can-i get secrets
kubectl get pod web-7d9f8b6c5d-x2x4z -o jsonpath='{.spec.serviceAccount}'
helm get values auth -n prod
terraform state show module.auth.random_password.db
terraform import aws_secretsmanager_secret.db arn:aws:secretsmanager:x:1:secret:db
ansible-galaxy install -p roles -r req.yml
vault secrets enable -path=kv kv-v2
vault auth enable userpass
vault policy write token-reader p.hcl
vault kv list secret/
vault token create -policy=ci -ttl=1h
psql -U app -h db -p 5432 -c "SELECT usename, passwd IS NULL FROM pg_shadow"
psql -c "\d tokens"
mysql -e "SELECT user, authentication_string FROM mysql.user"
redis-cli -h c -p 6379 AUTH
redis-cli --scan --pattern 'session:*'
openssl s_client -connect h:443 -servername h
openssl genrsa -out key.pem 2048
openssl rand -hex 16
openssl dgst -sha256 -verify pub.pem -signature a.sig a
ssh-add -l
ssh -p 22 -o UserKnownHostsFile=/dev/null h
ssh -T git@github.com
scp -P 22 -o User=bob a h:
curl -b cookies.txt -c cookies.txt x
curl -H "Authorization: Bearer $GITHUB_TOKEN" https://x.org
curl -H "Authorization: Bearer $(gcloud auth print-access-token)" https://x.org
curl -H 'Authorization: Bearer <token>' https://x.org
curl -u "§{USER}:§{PASS}" x
curl -d 'grant_type=client_credentials' x
curl -E client.pem https://x.org
curl --cert client.pem --key client.key https://x.org
curl "https://x.org/items?key=name&sort=asc"
curl -X PUT localhost:9200/_security/user/bob
wget --user-agent=Mozilla/5.0 x
http GET x.org Accept:application/json
http x.org page==2 key==name
git log -S'password' --oneline
git config --get user.email
git config --unset http.extraheader
git config --global credential.helper 'cache --timeout=3600'
git config user.signingkey {hex16}
git show {hex40} --stat
git rebase --onto {hex8} {hex8}
npm whoami
npm login
npm install
npm install --registry https://r.org
npm access list packages
npm audit fix
npm ci --ignore-scripts
pip install -r requirements.txt
cargo install cargo-nextest --version 0.9.88
cargo login
go install github.com/a/b@v1.2.3
brew install openssl@3
apt-get install -y libpam-pwquality
systemctl enable --now openclaw-gateway.service
systemctl enable unit@{uuid}.service
code --install-extension ms-python.python
gh auth login --web
gh auth status -h github.com
gh secret delete DB_PASSWORD
gh extension install owner/gh-token-tool
glab auth status
openclaw plugins install @openclaw/mattermost
openclaw plugins enable mattermost
openclaw channels login --channel mattermost
openclaw devices approve {uuid}
openclaw gateway status --json
tailscale up --accept-routes
ngrok http 3000
doctl auth list
bw unlock --check
bw login --check
bw list items --search github
mc ls s3/bucket
mc alias list
mc cp a s3/b/c
rclone obscure --help
poetry config --list
poetry config virtualenvs.in-project true
composer config repositories.acme vcs https://x.org/a
bundle config set --local path vendor/bundle
bundle config set --local without development:test
jq --arg name bob '.users[$name]' a.json
jq --arg token "$TOKEN" '.token=$token' a.json
printf 'password: %s\n' "$PW"
printf 'tokens: %d\n' 42
printf 'key=%s\n' name
echo token count is 42
echo "The password for bob is stored in vault"
The api key is missing
The token is valid until 2026-12-01T10:00:00Z
the secret is in /run/secrets/db
Token: see docs/tokens.md
access token is required
secret was rotated
The password is
auth = (user, password)
auth=("basic", "digest")
app.auth('github', 'callback')
users.login("bob", "web")
INSERT INTO tokens (id, name) VALUES (1, 'a')
INSERT INTO users (name, password) VALUES ($1, $2)
INSERT INTO users (name, password) VALUES (?, ?)
PRAGMA key_length
PRAGMA foreign_keys = on
password: |⏎
description: |⏎  Set the password⏎  here
read -s PW
read -sn1 key
read -s -p "Password: " PW
useradd -m -s /bin/bash bob
usermod -aG docker bob
xargs -I{} cp {} /tmp
ls | xargs -I{} mv {} {}.bak
xargs -P4 -I% curl -u "$U:$P" %
ffmpeg -pass 1 -i a b
PASS: 12 FAIL: 0 SKIP: 1
pass 12 fail 0
ok 1 - token refresh
not ok 2 - password reset # TODO
Secret name: db-credentials
--secret id=npm
pass --help
https://m.example.org/hooks/list
https://x.org/hooks/useToken.ts
src/hooks/useauthenticationprovider
EAAb is short
a.atlasv1.b
Authorization: Digest
docs/authentication.md: "Authorization: Bearer <token>"
type=password name=pw
<input type="password" name="password">
<token>
<setting name="theme">dark</setting>
"token_type":"Bearer"
"expires_in":3600
tok/s: 42.1
in: 1200 tok, out: 300 tok
gpt-5.2-codex-2026-01-15
claude-sonnet-4-5-20250929
model=anthropic/claude-opus-4-5
run-{uuid}
container-{hex12}
pr-{hex40}
nginx-deployment-66b6c48dd5-7x9kq
job-20261130T163000Z-0001
ami-{hex17}
sg-{hex17}
build/{hex64}/output.js
cache-key-{hex32}
node-v24.21.0-linux-x64.tar.xz
sha512-e21peDY0fQ==
sha1 {hex40} ok
W/"{hex32}"
x-request-id: {uuid}
Idempotency-Key: {uuid}
traceparent: 00-{hex32}-{hex16}-01
foo -u app -p 8080
foo -u app -P 4
tool -u https://x.org -p /tmp/x
tool -u app -w 120
tool --user app -p tcp
docker run -u app -p 127.0.0.1:80:80 x
ssh -l bob -p 2222 h
nc -u h -p 53
ps -u bob -p 3 -w
lpr -U bob -P printer1 a.pdf
lp -U bob -P 1-3 a.pdf
sar -u -p 1
perf record -u bob -p 
htop -u bob -p 1
strace -u bob -p 1234 -e trace=network
lsof -u bob -p 99 -w
iperf3 -u -c h -p 5201 -w 256K
rsync -u -p --progress a b
sqlcmd -S h 
kubectl -n token exec -it p -- sh
helm pull x --username bob
tar -C / -xpf a 
curl -u bob: https://x.org
curl -su bob https://x.org
curl -sS -k -u $U:$P x
curl -uroot x
http -a bob x.org
echo hello | sudo tee a
echo y | sudo apt install x
yes | apt install x
echo 1 | sudo tee /proc/sys/x
sudo -S id < pw.txt
cat pw | sudo -S id
printf '%s\n' "$PW" | sudo -S id
passwd -l bob
passwd --status bob
su - bob
ALTER USER bob WITH NOLOGIN
SET ROLE bob
password expires in 3 days
password: required
Password changed successfully
password policy updated
user bob password expired
login bob failed
key 0: foo
enable password encryption
service password-encryption
snmp-server enable traps
nmcli dev wifi connect Home
nmcli con show Home
see acme-prod-{hex8} x
see my-feature-branch-with-a-long-name-2026 x
see SOME_CONSTANT_NAME_WITH_MANY_WORDS_1 x
see com.example.service.AuthenticationTokenProvider x
see node_modules/@types/jsonwebtoken/index.d.ts
see test-results-{hex40} x
see web-{hex10}-abcde x
see ubuntu-22.04-server-amd64-20261130 x
see libssl3t64_3.0.13-0ubuntu3.4_amd64.deb x
see claude-opus-4-5-20251101-thinking x
see x86_64-unknown-linux-gnu-gcc-13.2.0 x
see chatcmpl-{mix29} x
see call_{mix24} x
see toolu_01{mix22} x
see resp_{hex50} x
see msg_01{mix22} x
see req_01{mix22} x
see file-{mix22} x
see asst_{mix24} x
see thread_{mix24} x
see run_{mix24} x
see cus_{mix14} x
see pi_{mix24} x
see evt_{mix24} x
see price_{mix24} x
see arn:aws:iam::123456789012:role/my-role-ABCDEFGHIJKL x
see E2E_TEST_RUN_20261130_1200 x
see sha256-e21peDMyfQ== x
see data-testid=password-input x
see .css-1a2b3c4d-MuiButton-root x
see babel-plugin-transform-react-jsx-self-7.24.0 x
see yarn-v1.22.19-3b1f.tgz x
see v0.0.0-20261130120000-{hex12} x
see golang.org/x/crypto@v0.17.0 h1:r8bRNjWL3GshPW3gkd+RpvzWrZAwPS49OmTGZ/uhM4k= x
see s3://b/{uuid}/part-00000-{uuid}-c000.snappy.parquet x
see projects/p/secrets/db/versions/3 x
https://x.org/a?code=US&state=open&t=1
https://x.org/reset?step=2
https://x.org/login?next=%2Fhome
https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=42s
https://docs.google.com/document/d/{mix44}/edit
https://x.org/a#L10-L20
openssl passwd --help
openssl passwd -6
cargo install ripgrep@14.1.0
vault operator unseal
terraform login app.terraform.io
poetry config pypi-token.x --unset
composer config http-basic.x --unset
read -s
xargs -I{} kubectl delete pod {}
jq --arg key value .
jq --arg token "$T" .
curl --cert a.pem --cert-type PEM x
INSERT INTO logs (id, token_count, key) VALUES (1, 200, 'abc')
INSERT INTO t (id, password_hash) VALUES (1, NULL)
PRAGMA table_info('keys')
"name": "PASSWORD", "value": ""
- name: TOKEN⏎  valueFrom:⏎    secretKeyRef:⏎      name: a⏎      key: b
token:⏎  type: string⏎  description: the token
password:⏎  minLength: 8
secret: |⏎
auth.login("bob", "/home")
auth: { user, pass }
auth: ["read", "write"]
basicAuth(user, pass)
user: "bob:staff"
user = "1000:1000"
--user bob:bob
proxy_set_header Authorization $http_authorization;
Authorization: Bearer ***
the API key is read from the environment
Password for bob is unchanged
token is 200 characters long
API key: see 1Password
secret: see vault/kv/app1
`);
