package limits

import (
	"slices"
	"strings"
	"unicode/utf8"

	"airfield/arm"
	"airfield/storage"
)

// storageSKUs are the SKUs that each kind of account comes in; the page is older
// than Premium_ZRS of block blobs and files, and than the second generation.
// https://learn.microsoft.com/rest/api/storagerp/srp_sku_types
var storageSKUs = []struct {
	kind string
	skus []string
}{
	{"StorageV2", []string{"Standard_LRS", "Standard_GRS", "Standard_RAGRS", "Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS", "Premium_LRS", "Premium_ZRS"}},
	{"BlockBlobStorage", []string{"Premium_LRS", "Premium_ZRS"}},
	{"FileStorage", []string{"Premium_LRS", "Premium_ZRS", "PremiumV2_LRS", "PremiumV2_ZRS",
		"StandardV2_LRS", "StandardV2_GRS", "StandardV2_ZRS", "StandardV2_GZRS"}},
	{"BlobStorage", []string{"Standard_LRS", "Standard_GRS", "Standard_RAGRS"}},
	{"Storage", []string{"Standard_LRS", "Standard_GRS", "Standard_RAGRS", "Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS", "Premium_LRS", "Premium_ZRS"}},
}

func storageKind(c *check) {
	kind, sku := c.Get("kind"), c.Get("sku", "name")
	for _, s := range storageSKUs {
		if is(kind, s.kind) && other(sku, s.skus...) {
			c.fail("wanted SKU %s for kind %s, found %s", strings.Join(s.skus, ", "), kind.Str(), sku.Str())
		}
	}
}

func storageTLS(c *check) {
	if t := c.p("minimumTlsVersion"); t.Kind() != arm.Unknown && !is(t, "TLS1_2", "TLS1_3") {
		c.fail("wanted minimumTlsVersion TLS1_2, found %s", orNone(t))
	}
}

func storageTLS13(c *check) {
	if is(c.p("minimumTlsVersion"), "TLS1_3") {
		c.fail("wanted minimumTlsVersion TLS1_2, found TLS1_3, which the service does not support as a minimum")
	}
}

func storagePublicBlobs(c *check) {
	if c.p("allowBlobPublicAccess").True() {
		c.fail("wanted allowBlobPublicAccess false, found true")
	}
}

func storageHTTPS(c *check) {
	if isFalse(c.p("supportsHttpsTrafficOnly")) {
		c.fail("wanted supportsHttpsTrafficOnly true, found false")
	}
}

func storageNetwork(c *check) {
	public, rule := c.p("publicNetworkAccess"), c.p("networkAcls", "defaultAction")
	if public.Kind() == arm.Unknown || rule.Kind() == arm.Unknown || is(public, "Disabled", "SecuredByPerimeter") || is(rule, "Deny") {
		return
	}
	c.fail("wanted publicNetworkAccess Disabled or networkAcls.defaultAction Deny, found %s and %s", orNone(public), orNone(rule))
}

func storageNFS(c *check) {
	if hns := c.p("isHnsEnabled"); c.p("isNfsV3Enabled").True() && hns.Kind() != arm.Unknown && !hns.True() {
		c.fail("wanted isHnsEnabled true with isNfsV3Enabled, found %s", orNone(hns))
	}
}

func storageTier(c *check) {
	if is(c.Get("kind"), "BlobStorage") && !given(c.p("accessTier")) {
		c.fail("wanted an accessTier for kind BlobStorage, found none")
	}
	if t := c.p("accessTier"); is(c.Get("kind"), "BlockBlobStorage") && other(t, "Premium") {
		c.fail("wanted access tier Premium or none for kind BlockBlobStorage, found %s", t.Str())
	}
}

// account gives the storage account that a child of any depth lies in.
func (c *check) account() (arm.Resource, bool) {
	id, parents := c.ID, strings.Count(string(c.kind.typ), "/")-1
	for range parents {
		id = id.Parent()
	}
	return c.get(id)
}

func (c *check) hierarchical() bool {
	account, ok := c.account()
	return ok && account.Get("properties", "isHnsEnabled").True()
}

func blobVersioning(c *check) {
	if c.p("isVersioningEnabled").True() && c.hierarchical() {
		c.fail("wanted no versioning in an account with a hierarchical namespace, found isVersioningEnabled true")
	}
}

func blobChangeFeed(c *check) {
	if c.p("changeFeed", "enabled").True() && c.hierarchical() {
		c.fail("wanted no change feed in an account with a hierarchical namespace, found changeFeed.enabled true")
	}
}

func blobSoftDelete(c *check) {
	for _, member := range [2]string{"deleteRetentionPolicy", "containerDeleteRetentionPolicy"} {
		days := c.p(member, "days")
		if n, ok := days.Int(); c.p(member, "enabled").True() && known(days) && (!ok || n < 1 || n > 365) || c.p(member, "enabled").True() && !given(days) {
			c.fail("wanted %s.days of 1 to 365, found %s", member, orNone(days))
		}
	}
}

func blobRestore(c *check) {
	if !c.p("restorePolicy", "enabled").True() {
		return
	}
	for _, need := range [][]string{{"isVersioningEnabled"}, {"changeFeed", "enabled"}, {"deleteRetentionPolicy", "enabled"}} {
		if v := c.p(need...); v.Kind() != arm.Unknown && !v.True() {
			c.fail("wanted %s with restorePolicy, found %s", strings.Join(need, "."), orNone(v))
		}
	}
	restore, ok := c.p("restorePolicy", "days").Int()
	if kept, known := c.p("deleteRetentionPolicy", "days").Int(); ok && known && restore >= kept {
		c.fail("wanted restorePolicy.days below deleteRetentionPolicy.days %d, found %d", kept, restore)
	}
}

func containerPublic(c *check) {
	access := c.p("publicAccess")
	if !other(access, "None") {
		return
	}
	if account, ok := c.account(); ok {
		if allowed := at(account.Body, "properties", "allowBlobPublicAccess"); allowed.Kind() != arm.Unknown && !allowed.True() {
			c.fail("wanted publicAccess None, since the account allows none, found %s", access.Str())
		}
	}
}

// lifecycle gives the rules of a management policy.
func (c *check) lifecycle() arm.Value { return c.p("policy", "rules") }

// actions are the three places of a lifecycle rule that act.
var actions = []string{"baseBlob", "snapshot", "version"}

func lifecycleRules(c *check) {
	if v := c.lifecycle(); v.Kind() == arm.Array && (v.Len() < 1 || v.Len() > 100) {
		c.fail("wanted 1 to 100 rules, found %d", v.Len())
	}
}

func lifecycleNames(c *check) {
	seen := map[string]bool{}
	for r := range items(c.lifecycle()) {
		name := r.Get("name")
		if !known(name) {
			continue
		}
		if n := utf8.RuneCountInString(name.Str()); n < 1 || n > 256 {
			c.fail("wanted a rule name of 1 to 256 characters, found %d", n)
		}
		if seen[name.Str()] {
			c.fail("wanted one rule named %q, found two", name.Str())
		}
		seen[name.Str()] = true
	}
}

// lifecycleOrder wants a blob to grow colder: cool before cold before archive
// before deletion, by each way of counting days.
func lifecycleOrder(c *check) {
	for r := range items(c.lifecycle()) {
		for _, action := range actions {
			does := at(r, "definition", "actions", action)
			if does.Kind() != arm.Object {
				continue
			}
			for _, by := range [3]string{"daysAfterModificationGreaterThan", "daysAfterCreationGreaterThan", "daysAfterLastAccessTimeGreaterThan"} {
				before, days := "", int64(-1)
				for _, step := range [4]string{"tierToCool", "tierToCold", "tierToArchive", "delete"} {
					n, ok := at(does, step, by).Int()
					if !ok {
						continue
					}
					if n <= days {
						c.fail("wanted %s after %s in %s of rule %q, found %d and %d days", step, before, action, r.Get("name").Str(), n, days)
					}
					before, days = step, n
				}
			}
		}
	}
}

func lifecycleBlobTypes(c *check) {
	for r := range items(c.lifecycle()) {
		types := at(r, "definition", "filters", "blobTypes")
		if types.Kind() == arm.Unknown {
			continue
		}
		if types.Len() == 0 {
			c.fail("wanted blobTypes in the filters of rule %q, found none", r.Get("name").Str())
		}
		for _, t := range types.Strings() {
			switch {
			case arm.EqualFold(t, "appendBlob") && tiers(r):
				c.fail("wanted only delete for appendBlob, found a tier in rule %q", r.Get("name").Str())
			case !arm.EqualFold(t, "appendBlob") && !arm.EqualFold(t, "blockBlob"):
				c.fail("wanted blobTypes blockBlob or appendBlob in rule %q, found %q", r.Get("name").Str(), t)
			}
		}
	}
}

// tiers tells whether a lifecycle rule moves blobs to a cooler tier.
func tiers(r arm.Value) bool {
	return acts(r, "tierToCool") || acts(r, "tierToCold") || acts(r, "tierToArchive")
}

// acts tells whether a lifecycle rule takes a step in any of its places.
func acts(r arm.Value, step string) bool {
	all := at(r, "definition", "actions")
	return slices.ContainsFunc(actions, func(action string) bool { return given(at(all, action, step)) })
}

func lifecycleArchive(c *check) {
	for r := range items(c.lifecycle()) {
		if !acts(r, "tierToArchive") {
			continue
		}
		account, ok := c.account()
		if sku := account.Get("sku", "name"); ok && is(sku, "Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS") {
			c.fail("wanted no archive tier in an account with %s, found it in rule %q", sku.Str(), r.Get("name").Str())
		}
	}
}

func lifecyclePremium(c *check) {
	for r := range items(c.lifecycle()) {
		cools, heats := tiers(r), given(at(r, "definition", "actions", "baseBlob", "tierToHot"))
		if !cools && !heats {
			continue
		}
		account, ok := c.account()
		if !ok {
			return
		}
		premium := is(account.Get("kind"), "BlockBlobStorage")
		if premium && cools {
			c.fail("wanted no tiers in a premium block blob account, found some in rule %q", r.Get("name").Str())
		}
		if !premium && heats {
			c.fail("wanted tierToHot in premium block blob accounts only, found it in rule %q", r.Get("name").Str())
		}
	}
}

// lifecycleTracking wants the account to track the last access where a rule
// counts from it. An account of ours without blobServices has the default: no
// tracking.
func lifecycleTracking(c *check) {
	for r := range items(c.lifecycle()) {
		if !strings.Contains(r.Text(), "daysAfterLastAccessTimeGreaterThan") && !at(r, "definition", "actions", "baseBlob", "enableAutoTierToHotFromCool").True() {
			continue
		}
		account, ok := c.account()
		if !ok {
			return
		}
		service, set := c.get(account.ID.Child("blobServices", "default"))
		tracks := at(service.Body, "properties", "lastAccessTimeTrackingPolicy", "enable")
		if !set && account.Theirs || tracks.Kind() == arm.Unknown || tracks.True() {
			return
		}
		c.fail("wanted lastAccessTimeTrackingPolicy.enable in the account's blobServices for rule %q, found %s", r.Get("name").Str(), orNone(tracks))
	}
}

func lifecycleAutoTier(c *check) {
	for r := range items(c.lifecycle()) {
		base := at(r, "definition", "actions", "baseBlob")
		if at(base, "enableAutoTierToHotFromCool").True() && !given(at(base, "tierToCool", "daysAfterLastAccessTimeGreaterThan")) {
			c.fail("wanted tierToCool.daysAfterLastAccessTimeGreaterThan with enableAutoTierToHotFromCool in rule %q, found none", r.Get("name").Str())
		}
	}
}

func lustreSKU(c *check) {
	sku := c.Get("sku", "name")
	if _, known := storage.LustreStep(sku.Str()); sku.Kind() != arm.Unknown && !known {
		c.fail("wanted SKU AMLFS-Durable-Premium-40, -125, -250 or -500, found %s", orNone(sku))
	}
}

func lustreZone(c *check) {
	if z := c.Get("zones"); z.Kind() != arm.Unknown && z.Len() != 1 {
		c.fail("wanted one zone, found %d", z.Len())
	}
}

func lustreCapacity(c *check) {
	sku := c.Get("sku", "name").Str()
	step, known := storage.LustreStep(sku)
	if n, ok := c.p("storageCapacityTiB").Int(); ok && known && (n <= 0 || n%step != 0) {
		c.fail("wanted a multiple of %d TiB for %s, found %d", step, sku, n)
	}
}

func lustreMaintenance(c *check) {
	for _, member := range []string{"dayOfWeek", "timeOfDayUTC"} {
		if !given(c.p("maintenanceWindow", member)) {
			c.fail("wanted maintenanceWindow.%s, found none", member)
		}
	}
}

func lustreContainers(c *check) {
	data, logs := idOf(c.p("hsm", "settings", "container")), idOf(c.p("hsm", "settings", "loggingContainer"))
	if data == "" || logs == "" {
		return
	}
	if data.Equal(logs) || !data.Parent().Equal(logs.Parent()) {
		c.fail("wanted two containers of one storage account for data and logs, found %q and %q", data, logs)
	}
}

// lustreKeys wants the account that a file system is linked to to take keys: the
// service reads and writes its containers with them.
func lustreKeys(c *check) {
	for _, member := range []string{"container", "loggingContainer"} {
		container := idOf(c.p("hsm", "settings", member))
		if !containers.Equal(container.Type()) {
			continue
		}
		id := container.Parent().Parent()
		if account, ok := c.get(id); ok && isFalse(at(account.Body, "properties", "allowSharedKeyAccess")) {
			c.fail("wanted account keys allowed in storage account %q, whose containers it is linked to, found allowSharedKeyAccess false", id.Name())
			return
		}
	}
}

func lustreSubnet(c *check) {
	subnet, ok := c.lookup(c.p("filesystemSubnet"))
	n, sized := c.p("storageCapacityTiB").Int()
	bits, known := storage.LustreSubnet(n)
	if !ok || !sized || !known {
		return
	}
	for _, p := range subnetRanges(nil, c, subnet.Get("properties"), false) {
		if p.Bits() > bits {
			c.fail("wanted a subnet of /%d or larger for %d TiB, found %s", bits, n, p)
		}
	}
}

// tib is one TiB, the step of capacity pools.
const tib = 1 << 40

func netAppPoolSize(c *check) {
	if n, ok := c.p("size").Int(); ok && (n < tib || n%tib != 0) {
		c.fail("wanted a whole number of TiB, found %d bytes", n)
	}
}

func netAppVolumeSize(c *check) {
	large := c.p("isLargeVolume")
	if n, ok := c.p("usageThreshold").Int(); ok && n > 100*tib && large.Kind() != arm.Unknown && !large.True() {
		c.fail("wanted at most 100 TiB, or isLargeVolume true, found %d TiB", n/tib)
	}
}

func netAppSubnet(c *check) {
	n := 0
	for s := range items(c.p("subnets")) {
		for d := range items(at(s, "properties", "delegations")) {
			if is(at(d, "properties", "serviceName"), "Microsoft.NetApp/volumes") {
				n++
			}
		}
	}
	if n > 1 {
		c.fail("wanted one subnet that is delegated to Microsoft.NetApp/volumes, found %d", n)
	}
}

func netAppVolumePool(c *check) {
	pool, _ := c.get(c.ID.Parent())
	size, known := at(pool.Body, "properties", "size").Int()
	if n, ok := c.p("usageThreshold").Int(); ok && known && n > size {
		c.fail("wanted at most the %d GiB of its capacity pool %q, found %d GiB", size>>30, pool.ID.Name(), n>>30)
	}
}

func netAppRules(c *check) {
	if n := count(c.p("exportPolicy", "rules")); n > 5 {
		c.fail("wanted at most 5 export rules, found %d", n)
	}
}

// netAppProtocol wants no rule to allow a protocol that the volume lacks.
func netAppProtocol(c *check) {
	speaks := c.p("protocolTypes")
	if speaks.Kind() == arm.Unknown || slices.ContainsFunc(slices.Collect(speaks.Items()), func(v arm.Value) bool { return v.Kind() == arm.Unknown }) {
		return
	}
	has := speaks.Strings()
	if len(has) == 0 {
		has = []string{"NFSv3"} // the default
	}
	for r := range items(c.p("exportPolicy", "rules")) {
		for _, p := range [][2]string{{"nfsv3", "NFSv3"}, {"nfsv41", "NFSv4.1"}, {"cifs", "CIFS"}} {
			if at(r, p[0]).True() && !isOneOf(p[1], has) {
				c.fail("wanted export rules for %s alone, found %s true", strings.Join(has, ", "), p[0])
				return
			}
		}
	}
}

func shareNFS(c *check) {
	account, _ := c.account()
	kind, sku := account.Get("kind"), account.Get("sku", "name")
	if is(c.p("enabledProtocols"), "NFS") && (other(kind, "FileStorage") || known(sku) && sku.Kind() == arm.String && !strings.HasPrefix(strings.ToLower(sku.Str()), "premium")) {
		c.fail("wanted an account of kind FileStorage with a premium SKU for an NFS share, found %s %s", orNone(kind), orNone(sku))
	}
}

func shareQuota(c *check) {
	account, _ := c.account()
	if n, ok := c.p("shareQuota").Int(); ok && is(account.Get("kind"), "FileStorage") && is(account.Get("sku", "name"), "Premium_LRS", "Premium_ZRS") && (n < 100 || n > 102400) {
		c.fail("wanted a shareQuota of 100 to 102400 GiB, found %d", n)
	}
}
